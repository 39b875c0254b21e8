using Npgsql;
using Tiebreak.Races.Exploring;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>The page about the corpus.</summary>
public sealed class CorpusTable
{
    [Fact(Explicit = true)]
    public async Task Writes_the_table()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var rows = new List<CorpusRow>();
        foreach (var entry in CorpusEntries.All)
        {
            rows.Add(await CorpusRow.OfAsync(entry, cancellationToken));
        }

        await using var connection = new NpgsqlConnection(await PrivateServer.StartAsync());
        await connection.OpenAsync(cancellationToken);
        await File.WriteAllTextAsync(CorpusPage.Path, CorpusPage.Of(rows, $"PostgreSQL {connection.PostgreSqlVersion}"), cancellationToken);
    }

    [Fact]
    public async Task The_page_names_every_entry_with_its_verdict()
    {
        var lines = await File.ReadAllLinesAsync(CorpusPage.Path, TestContext.Current.CancellationToken);
        Assert.All(CorpusEntries.All, entry => Assert.Single(lines, line => line.StartsWith(CorpusPage.Beginning(entry), StringComparison.Ordinal)));
    }
}
