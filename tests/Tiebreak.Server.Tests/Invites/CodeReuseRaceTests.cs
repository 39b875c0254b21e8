using Npgsql;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Invites;

/// <summary>Users accept a code while it passes from an invite that is over to a new one.</summary>
public abstract class CodeReuseRaceTests(ServerFixture server)
{
    private const int Users = 10;
    private const int FormerUses = 3;
    private const int NewUses = 4;

    private ApiClient Api => server.Api;

    [Fact]
    public async Task Accepts_while_a_used_up_code_is_given_out_again_fill_the_former_invite_and_then_the_new_one()
    {
        for (var round = 0; round < 20; round++)
        {
            var code = $"used-up-{round}";
            var (former, next) = (await NewGroupAsync(), await NewGroupAsync());
            await NewInviteAsync(former, code, FormerUses);

            // The code is asked for until it is free, which is the moment at which its last use is taken.
            var answers = await AtOnce.RunAsync(Users + 1, i => i == 0 ? UntilFreeAsync(next, code) : AcceptAsync(code, $"{code}-{i}"));

            var accepts = answers.Skip(1).ToList();
            Assert.All(accepts, answer => Assert.Contains(answer.Kind, new[] { "200", "409 invite-exhausted" }));
            var (inFormer, inNext) = (CountIn(accepts, former), CountIn(accepts, next));
            Assert.Equal(FormerUses, inFormer);
            Assert.InRange(inNext, 0, NewUses);
            await AssertGenerationsAsync(code, (1, inFormer), (2, inNext));
            await AssertWhatIsLeftAsync(code, next, inNext);
        }
    }

    [Fact]
    public async Task Accepts_while_an_expired_code_is_given_out_again_are_refused_by_the_former_invite_or_let_in_by_the_new_one()
    {
        for (var round = 0; round < 20; round++)
        {
            var code = $"expired-{round}";
            var (former, next) = (await NewGroupAsync(), await NewGroupAsync());
            var expiresAt = server.Time.GetUtcNow().AddMinutes(10);
            await NewInviteAsync(former, code, 1000, expiresAt);
            server.Time.Forward(TimeSpan.FromMinutes(10));

            var answers = await AtOnce.RunAsync(Users + 1, i => i == round % (Users + 1) ? CreateAsync(next, code) : AcceptAsync(code, $"{code}-{i}"));

            Assert.Equal(201, Assert.Single(answers, answer => answer.Status is not (200 or 409 or 410)).Status);
            var accepts = answers.Where(answer => answer.Status != 201).ToList();
            Assert.All(accepts, answer => Assert.Contains(answer.Kind, new[] { "200", "410 invite-expired", "409 invite-exhausted" }));
            var inNext = CountIn(accepts, next);
            Assert.Equal(0, CountIn(accepts, former));
            Assert.True(inNext == NewUses || accepts.TrueForAll(answer => answer.Code != "invite-exhausted"), "Somebody was told that an invite is used up which is not.");
            Assert.InRange(inNext, 0, NewUses);
            await AssertGenerationsAsync(code, (1, 0), (2, inNext));
            await AssertWhatIsLeftAsync(code, next, inNext);
        }
    }

    [Fact]
    public async Task Accepts_while_a_code_expires_and_is_given_out_again_are_each_what_some_order_gives()
    {
        for (var round = 0; round < 20; round++)
        {
            var code = $"expiring-{round}";
            var (former, next) = (await NewGroupAsync(), await NewGroupAsync());
            var expiresAt = server.Time.GetUtcNow().AddMinutes(10);
            await NewInviteAsync(former, code, 1000, expiresAt);

            var answers = await AtOnce.RunAsync(Users + 1, i =>
            {
                if (i == Users / 2)
                {
                    server.Time.Forward(TimeSpan.FromMinutes(10));
                    return UntilFreeAsync(next, code);
                }

                return AcceptAsync(code, $"{code}-{i}");
            });

            var accepts = answers.Where(answer => answer.Status != 201).ToList();
            Assert.Equal(Users, accepts.Count);
            Assert.All(accepts, answer => Assert.Contains(answer.Kind, new[] { "200", "410 invite-expired", "409 invite-exhausted" }));
            var (inFormer, inNext) = (CountIn(accepts, former), CountIn(accepts, next));
            Assert.All(accepts.Where(answer => answer.Status == 200), answer =>
                Assert.Equal(answer.String("groupId") == former, answer.Json.GetProperty("acceptedAt").GetDateTimeOffset() < expiresAt));
            Assert.True(inNext == NewUses || accepts.TrueForAll(answer => answer.Code != "invite-exhausted"), "Somebody was told that an invite is used up which is not.");
            await AssertGenerationsAsync(code, (1, inFormer), (2, inNext));
            await AssertWhatIsLeftAsync(code, next, inNext);
        }
    }

    private Task<ApiAnswer> AcceptAsync(string code, string userId) => Api.PostAsync($"/v1/invites/{code}/accept", new { userId });

    private async Task<string> NewGroupAsync() => (await Api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");

    private async Task NewInviteAsync(string groupId, string code, int maxUses, DateTimeOffset? expiresAt = null) =>
        (await Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses, code, expiresAt })).Expect(201);

    private Task<ApiAnswer> CreateAsync(string groupId, string code) => Api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = NewUses, code });

    private async Task<ApiAnswer> UntilFreeAsync(string groupId, string code)
    {
        ApiAnswer? made = null;
        await Eventually.TrueAsync(async () => (made = (await CreateAsync(groupId, code)).Expect(201, 409)).Kind != "409 code-in-use", $"the code {code} is free");
        return made!.Expect(201);
    }

    private static int CountIn(IEnumerable<ApiAnswer> accepts, string groupId) => accepts.Count(answer => answer.Status == 200 && answer.String("groupId") == groupId);

    /// <summary>Each invite of the code counts as many uses as are recorded for it and as were answered with 200.</summary>
    private async Task AssertGenerationsAsync(string code, params (int Generation, int Uses)[] expected)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await using var command = source.CreateCommand(
            "SELECT generation, uses, (SELECT count(*) FROM invite_uses u WHERE u.code = i.code AND u.generation = i.generation), (SELECT count(*) FROM memberships m WHERE m.code = i.code AND m.generation = i.generation) FROM invites i WHERE code = $1 ORDER BY generation");
        command.Parameters.Add(new NpgsqlParameter { Value = code });
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<(int, int, long, long)>();
        while (await reader.ReadAsync())
        {
            found.Add((reader.GetInt32(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3)));
        }

        Assert.Equal(expected.Select(of => (of.Generation, of.Uses, (long)of.Uses, (long)of.Uses)), found);
    }

    /// <summary>Whoever comes after all that is let in by the new invite as long as it has uses, and only then.</summary>
    private async Task AssertWhatIsLeftAsync(string code, string groupId, int used)
    {
        for (; used < NewUses; used++)
        {
            Assert.Equal(groupId, (await AcceptAsync(code, $"{code}-later-{used}")).Expect(200).String("groupId"));
        }

        Assert.Equal("409 invite-exhausted", (await AcceptAsync(code, $"{code}-late")).Kind);
    }
}
