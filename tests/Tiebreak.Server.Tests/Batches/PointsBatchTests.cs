using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Points;

namespace Tiebreak.Server.Tests.Batches;

public sealed class PointsBatchTests(OneLane lane) : IClassFixture<OneLane>
{
    [Fact]
    public async Task Earns_open_each_account_once_and_number_its_entries()
    {
        var (one, two) = (NewId(), NewId());

        var answers = await lane.TogetherAsync(
            Earn(one, 10), Earn(two, 5), Earn(one, 20, OneLane.Key("k")), Earn(one, 20, OneLane.Key("k")), Earn(one, 1, OneLane.Key("k", payload: 1)));
        var later = await lane.TogetherAsync(Earn(one, 20, OneLane.Key("k")), Earn(one, 1), Earn(two, 1));

        Assert.Equal(["ok", "ok", "ok", "again", "idempotency-key-reused"], await answers.KindsAsync());
        Assert.Equal(["again", "ok", "ok"], await later.KindsAsync());
        Assert.Equal(31, await lane.NumberAsync($"SELECT balance FROM accounts WHERE id = '{one}' AND lifetime = 31 AND entries = 3"));
        Assert.Equal(6, await lane.NumberAsync($"SELECT balance FROM accounts WHERE id = '{two}' AND entries = 2"));
        Assert.Equal(6, await lane.NumberAsync($"SELECT sum(sequence) FROM entries WHERE account_id = '{one}'"));
    }

    [Fact]
    public async Task A_daily_cap_holds_across_the_batch_and_the_next()
    {
        var (program, account) = (NewId(), NewId());
        await lane.Operation<PutProgram>().RunAsync(new PutProgram.Request(program, [new RateRule(1), new DailyCapRule(15)]), CancellationToken.None);
        await lane.Operation<PutAccount>().RunAsync(new PutAccount.Request(account, program), CancellationToken.None);

        var answers = await Task.WhenAll(await lane.TogetherAsync(EarnBy(account, 10), EarnBy(account, 10), EarnBy(account, 10)));
        var later = await Task.WhenAll(await lane.TogetherAsync(EarnBy(account, 10)));

        Assert.Equal([10L, 5L, 0L, 0L], answers.Concat(later).Select(outcome => outcome.Value!.Points));
        Assert.Equal(15, await lane.NumberAsync($"SELECT day_points FROM account_progress WHERE account_id = '{account}'"));
    }

    [Fact]
    public async Task Spends_are_refused_once_the_balance_of_their_account_is_gone()
    {
        var (one, two) = (NewId(), NewId());
        await (await lane.TogetherAsync(Earn(one, 10), Earn(two, 10))).KindsAsync();

        var answers = await lane.TogetherAsync(Spend(one, 7), Spend(two, 10), Spend(one, 4), Spend(one, 3), Spend(two, 1), Spend(NewId(), 1));

        Assert.Equal(["ok", "ok", "insufficient-points", "ok", "insufficient-points", "account-not-found"], await answers.KindsAsync());
        Assert.Equal(0, await lane.NumberAsync($"SELECT sum(balance) FROM accounts WHERE id IN ('{one}', '{two}')"));
    }

    [Fact]
    public async Task Points_that_come_by_one_transfer_go_on_by_the_next_of_the_same_batch()
    {
        var (a, b, c) = (NewId(), NewId(), NewId());
        await (await lane.TogetherAsync(Earn(a, 10), Earn(b, 1), Earn(c, 1))).KindsAsync();

        var answers = await lane.TogetherAsync(
            Transfer(a, b, 10, OneLane.Key(a)), Transfer(b, c, 11), Transfer(a, c, 1), Transfer(a, b, 10, OneLane.Key(a)), Transfer(c, a, 2));
        var later = await lane.TogetherAsync(Transfer(a, b, 10, OneLane.Key(a)), Transfer(a, b, 1, OneLane.Key(a, payload: 1)));

        Assert.Equal(["ok", "ok", "insufficient-points", "again", "ok"], await answers.KindsAsync());
        Assert.Equal(["again", "idempotency-key-reused"], await later.KindsAsync());
        Assert.Equal((await answers[0]).Value, (await later[0]).Value);
        Assert.Equal(2, await lane.NumberAsync($"SELECT balance FROM accounts WHERE id = '{a}'"));
        Assert.Equal(10, await lane.NumberAsync($"SELECT balance FROM accounts WHERE id = '{c}'"));
    }

    [Fact]
    public async Task Accounts_and_programs_are_put_several_times_in_one_batch()
    {
        var (first, second, account) = (NewId(), NewId(), NewId());
        var programs = await lane.TogetherAsync(Put(first, 1), Put(second, 1), Put(first, 2));
        await lane.TogetherAsync(Put(second, 3));

        var accounts = await lane.TogetherAsync(PutAccount(account, first), PutAccount(account, second), PutAccount(account, "no-such-program"));
        await lane.TogetherAsync(PutAccount(account, first));

        Assert.Equal([true, true, false], (await Task.WhenAll(programs)).Select(outcome => outcome.Value!.IsNew));
        Assert.Equal(["ok", "ok", "program-not-found"], await accounts.KindsAsync());
        Assert.Equal(1, await lane.NumberAsync($"SELECT count(*) FROM accounts WHERE id = '{account}' AND program_id = '{first}'"));
        Assert.Equal(2, await lane.NumberAsync($"SELECT (rules->0->>'pointsPerUnit')::numeric FROM programs WHERE id = '{first}'"));
        Assert.Equal(3, await lane.NumberAsync($"SELECT (rules->0->>'pointsPerUnit')::numeric FROM programs WHERE id = '{second}'"));
    }

    private static string NewId() => Guid.NewGuid().ToString("n");

    private Func<Task<Outcome<EntryModel>>> Earn(string account, long points, Identity? key = null) =>
        () => lane.Operation<EarnPoints>().RunAsync(new EarnPoints.Request(account, points, null, null, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<EntryModel>>> EarnBy(string account, decimal amount) =>
        () => lane.Operation<EarnPoints>().RunAsync(new EarnPoints.Request(account, 0, new EarnFacts(amount), null, Identity.None), CancellationToken.None);

    private Func<Task<Outcome<EntryModel>>> Spend(string account, long points) =>
        () => lane.Operation<SpendPoints>().RunAsync(new SpendPoints.Request(account, points, null, Identity.None), CancellationToken.None);

    private Func<Task<Outcome<TransferModel>>> Transfer(string from, string to, long points, Identity? key = null) =>
        () => lane.Operation<TransferPoints>().RunAsync(new TransferPoints.Request(from, to, points, null, key ?? Identity.None), CancellationToken.None);

    private Func<Task<Outcome<Saved<ProgramModel>>>> Put(string program, decimal rate) =>
        () => lane.Operation<PutProgram>().RunAsync(new PutProgram.Request(program, [new RateRule(rate)]), CancellationToken.None);

    private Func<Task<Outcome<Saved<AccountModel>>>> PutAccount(string account, string program) =>
        () => lane.Operation<PutAccount>().RunAsync(new PutAccount.Request(account, program), CancellationToken.None);
}
