using Npgsql;
using Tiebreak.Races.Tests.Corpus;

namespace Tiebreak.Races.Tests.Wire;

/// <summary>The fix "one transaction" is tried with a commit of its own, which may fail.</summary>
public sealed class OneTransactionTests
{
    private static Race TwoStatements() => Race.OnPrivatePostgres()
        .Schema("CREATE TABLE voucher (id int PRIMARY KEY, used int NOT NULL)")
        .Given("INSERT INTO voucher VALUES (1, 0)");

    private static async Task<string> AcceptAsync(Session session)
    {
        if (await session.ReadAsync<int>("SELECT used FROM voucher WHERE id = 1") > 0)
        {
            return "used up";
        }

        await session.RunAsync("UPDATE voucher SET used = used + 1 WHERE id = 1");
        return "accepted";
    }

    [Fact]
    public async Task Two_statements_hold_in_one_serializable_transaction_with_retry()
    {
        var report = await TwoStatements().Both((session, _) => AcceptAsync(session)).ExploreAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Verdict.Broken, report.Verdict);
        var fixes = report.Findings[0].Fixes;
        Assert.Contains(fixes, fix => fix.What.Contains("one transaction", StringComparison.Ordinal) && fix.What.Contains("SERIALIZABLE", StringComparison.Ordinal)
            && fix is { Verdict: Verdict.Holds, Exhausted: true });
        // Read committed does not mend it, so the transaction alone is told as what it is.
        Assert.Contains(fixes, fix => fix.What.EndsWith("one transaction around all statements", StringComparison.Ordinal) && fix.Verdict is Verdict.Broken);
    }

    [Fact]
    public async Task Two_statements_on_connections_without_a_pool_hold_too()
    {
        async Task<object?> AcceptAloneAsync(string database)
        {
            await using var connection = new NpgsqlConnection(database + ";Pooling=false");
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            return await AcceptAsync(new Session(connection));
        }

        var report = await TwoStatements().Actor("alice", AcceptAloneAsync).Actor("bob", AcceptAloneAsync).ExploreAsync(TestContext.Current.CancellationToken);
        Assert.Contains(report.Findings[0].Fixes, fix => fix.What.Contains("SERIALIZABLE", StringComparison.Ordinal) && fix.Verdict is Verdict.Holds);
    }
}
