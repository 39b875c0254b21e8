using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Storage;

/// <summary>A recount that finds nothing proves nothing until it is seen finding: each value and each record is falsified once.</summary>
public sealed class ReconcileTests(PostgresCluster cluster)
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Systems = ["invites", "points", "tickets"];

    public static TheoryData<string, string, string[]> Falsifications { get; } = new()
    {
        { "invites", "UPDATE invites SET uses = 1", ["invites DRIFT:1 uses 1 2"] },
        { "invites", "ALTER TABLE invites DROP CONSTRAINT invites_uses, DROP CONSTRAINT invites_active; UPDATE invites SET uses = 7", ["invites DRIFT:1 uses 7 2"] },
        { "invites", "UPDATE invites SET departures = 0", ["invites DRIFT:1 departures 0 1"] },
        { "invites", "ALTER TABLE invites DROP CONSTRAINT invites_departures; UPDATE invites SET departures = 3", ["invites DRIFT:1 departures 3 1"] },
        { "invites", "DELETE FROM invite_uses WHERE user_id = 'ada'", ["invites DRIFT:1 departures 1 0", "invites DRIFT:1 uses 2 1"] },
        { "invites", "DELETE FROM memberships WHERE user_id = 'ada'", ["invites DRIFT:1 departures 1 2"] },
        { "invites", "UPDATE memberships SET code = 'NONE' WHERE user_id = 'ada'", ["invites DRIFT:1 departures 1 2", "invites NONE:1 departures 0 -1"] },
        { "invites", "UPDATE invite_uses SET code = 'NONE' WHERE user_id = 'bob'", ["invites DRIFT:1 departures 1 0", "invites DRIFT:1 uses 2 1", "invites NONE:1 departures 0 1", "invites NONE:1 uses 0 1"] },
        { "tickets", "UPDATE events SET booked = 2", ["events <event> booked 2 1"] },
        { "tickets", "ALTER TABLE events DROP CONSTRAINT events_places; UPDATE events SET booked = 9", ["events <event> booked 9 1"] },
        { "tickets", "UPDATE events SET held = 0", ["events <event> held 0 1"] },
        { "tickets", "UPDATE events SET capacity = 4", ["events <event> capacity 4 3"] },
        { "tickets", "UPDATE seats SET booking_id = NULL WHERE name = 'A1'", ["seats <event>/A1 booking_id none <ada>"] },
        { "tickets", "UPDATE seats SET booking_id = (SELECT id FROM bookings WHERE buyer_id = 'bob') WHERE name = 'A1'", ["seats <event>/A1 booking_id <bob> <ada>"] },
        { "tickets", "UPDATE seats SET booking_id = (SELECT id FROM bookings WHERE buyer_id = 'ada') WHERE name = 'A3'", ["seats <event>/A3 booking_id <ada> none"] },
        { "tickets", "UPDATE seats SET held_until = '2100-01-01Z' WHERE name = 'A1'", ["seats <event>/A1 booking_id <ada> until 2100-01-01T00:00:00.000000Z <ada>"] },
        { "tickets", "UPDATE seats SET held_until = NULL WHERE name = 'A2'", ["seats <event>/A2 booking_id <bob> <bob> until 2030-01-02T12:00:00.000000Z"] },
        { "tickets", "DELETE FROM bookings WHERE buyer_id = 'ada'", ["events <event> booked 1 0", "seats <event>/A1 booking_id <ada> none"] },
        { "points", "UPDATE accounts SET lifetime = 161", ["accounts ada lifetime 161 160"] },
        { "points", "ALTER TABLE accounts DROP CONSTRAINT accounts_lifetime; UPDATE accounts SET lifetime = -1", ["accounts ada lifetime -1 160"] },
        { "points", "UPDATE account_progress SET day_points = 59", ["account_progress ada/shop day_points 59 60"] },
        { "points", "UPDATE account_progress SET month_points = 61", ["account_progress ada/shop month_points 61 60"] },
        { "points", "UPDATE account_progress SET streak_days = 2", ["account_progress ada/shop streak_days 2 1"] },
        { "points", "UPDATE account_progress SET last_earned_on = '2001-02-03'", ["account_progress ada/shop last_earned_on 2001-02-03 2030-01-01"] },
        {
            "points", "DELETE FROM account_progress",
            ["account_progress ada/shop day_points 0 60", "account_progress ada/shop last_earned_on none 2030-01-01", "account_progress ada/shop month_points 0 60", "account_progress ada/shop streak_days 0 1"]
        },
        { "points", "UPDATE accounts SET entries = 4", ["accounts ada entries 4 3"] },
        { "points", "DELETE FROM accounts", ["accounts ada balance 0 130", "accounts ada entries 0 3", "accounts ada lifetime 0 160"] },
        { "points", "UPDATE entries SET balance_after = 161 WHERE sequence = 2", ["entries ada/2 balance_after 161 160"] },
        { "points", "UPDATE entries SET balance_after = balance_after + 1", ["entries ada/1 balance_after 101 100"] },
        { "points", "UPDATE entries SET balance_after = 131 WHERE sequence = 3", ["entries ada/3 balance_after 131 130"] },
        { "points", "DELETE FROM entries WHERE sequence = 1", ["accounts ada balance 130 30", "accounts ada entries 3 2", "accounts ada lifetime 160 60"] },
        { "points", "UPDATE accounts SET balance = 131", ["accounts ada balance 131 130"] },
        { "points", "ALTER TABLE accounts DROP CONSTRAINT accounts_balance; UPDATE accounts SET balance = -1", ["accounts ada balance -1 130"] },
    };

    [Theory]
    [MemberData(nameof(Falsifications))]
    public async Task A_falsified_value_is_reported_by_its_system_and_nothing_else_is(string system, string falsification, string[] drifts)
    {
        var connectionString = await cluster.CreateDatabaseAsync("reconcile");
        await using var server = await ServerUnderTest.StartAsync(connectionString, new ServerTime(connectionString, Now));
        var names = await FillAsync(server.Api);
        Assert.Equal(Systems, server.Services.GetServices<IReconcile>().Select(reconcile => reconcile.System).Order(StringComparer.Ordinal));
        foreach (var each in Systems)
        {
            Assert.Empty(await FindAsync(server, each));
        }

        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(falsification);
        await command.ExecuteNonQueryAsync();

        var found = (await FindAsync(server, system)).Select(drift => names.Aggregate(drift, (text, name) => text.Replace(name.Key, name.Value, StringComparison.Ordinal)));
        Assert.Equal(drifts, found.Order(StringComparer.Ordinal));
        foreach (var other in Systems.Where(other => other != system))
        {
            Assert.Empty(await FindAsync(server, other));
        }
    }

    [Fact]
    public async Task Days_in_a_row_and_months_are_recounted_from_the_entries()
    {
        var connectionString = await cluster.CreateDatabaseAsync("streak");
        var time = new ServerTime(connectionString, new DateTimeOffset(2029, 12, 28, 0, 0, 0, TimeSpan.Zero));
        await using var server = await ServerUnderTest.StartAsync(connectionString, time);
        (await server.Api.PutAsync("/v1/programs/shop", new { rules = new[] { new { type = "rate", pointsPerUnit = 1 } } })).Expect(201);
        (await server.Api.PutAsync("/v1/accounts/ada", new { programId = "shop" })).Expect(201);
        string[] moments = ["2029-12-28T12:00Z", "2029-12-30T00:00Z", "2029-12-31T23:59:59.999999Z", "2030-01-01T00:00Z", "2030-01-01T23:59:59.999999Z"];
        foreach (var (moment, amount) in moments.Select((moment, i) => (moment, 1 << i)))
        {
            time.Set(DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture));
            (await server.Api.PostAsync("/v1/accounts/ada/earn", new { facts = new { amount } })).Expect(201);
        }

        Assert.Empty(await FindAsync(server, "points"));
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand("UPDATE account_progress SET streak_days = 9, day_points = 99, month_points = 999");
        await command.ExecuteNonQueryAsync();

        Assert.Equal(
            ["account_progress ada/shop day_points 99 24", "account_progress ada/shop month_points 999 24", "account_progress ada/shop streak_days 9 3"],
            (await FindAsync(server, "points")).Order(StringComparer.Ordinal));
    }

    /// <summary>Two uses and a departure; a booked, a held and a free seat; 100 points given, 60 by rules, 30 spent.</summary>
    /// <returns>The names of the ids that the server chose.</returns>
    private static async Task<Dictionary<string, string>> FillAsync(ApiClient api)
    {
        var groupId = (await api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201).String("id");
        (await api.PostAsync($"/v1/groups/{groupId}/invites", new { maxUses = 5, code = "DRIFT" })).Expect(201);
        (await api.PostAsync("/v1/invites/DRIFT/accept", new { userId = "ada" })).Expect(200);
        (await api.PostAsync("/v1/invites/DRIFT/accept", new { userId = "bob" })).Expect(200);
        (await api.DeleteAsync($"/v1/groups/{groupId}/members/bob")).Expect(204);

        var eventId = (await api.PostAsync("/v1/events", new { name = "Final", seats = new[] { "A1", "A2", "A3" } })).Expect(201).String("id");
        var ada = (await api.PostAsync($"/v1/events/{eventId}/bookings", new { buyerId = "ada", seats = new[] { "A1" } })).Expect(201).String("id");
        var bob = (await api.PostAsync($"/v1/events/{eventId}/bookings", new { buyerId = "bob", seats = new[] { "A2" }, holdSeconds = 86400 })).Expect(201).String("id");

        (await api.PutAsync("/v1/programs/shop", new { rules = new[] { new { type = "rate", pointsPerUnit = 2 } } })).Expect(201);
        (await api.PutAsync("/v1/accounts/ada", new { programId = "shop" })).Expect(201);
        (await api.PostAsync("/v1/accounts/ada/earn", new { points = 100 })).Expect(201);
        (await api.PostAsync("/v1/accounts/ada/earn", new { facts = new { amount = 30 } })).Expect(201);
        (await api.PostAsync("/v1/accounts/ada/spend", new { points = 30 })).Expect(201);
        return new Dictionary<string, string> { [eventId] = "<event>", [ada] = "<ada>", [bob] = "<bob>" };
    }

    private static async Task<IReadOnlyList<string>> FindAsync(ServerUnderTest server, string system) =>
        await server.Services.GetServices<IReconcile>().Single(reconcile => reconcile.System == system).FindAsync(TestContext.Current.CancellationToken)
            .Select(drift => $"{drift.Table} {drift.Key} {drift.Column} {drift.Stored} {drift.Recounted}").ToListAsync();
}
