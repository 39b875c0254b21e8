using Npgsql;
using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Hot;
using Tiebreak.Bench.Systems;

namespace Tiebreak.Bench.Grown;

/// <summary>One size that is measured: a key with so many records, in a database with so many other keys.</summary>
/// <param name="Name">How the report calls it.</param>
/// <param name="Rows">The key.</param>
/// <param name="Server">The operations on that database.</param>
/// <param name="Source">The hand-written changes' connections to it.</param>
internal sealed record GrownSize(string Name, GrownRows Rows, BenchServer Server, NpgsqlDataSource Source)
{
    public IEnumerable<(string Name, IChanges Changes)> Ways =>
    [
        (AcceptWays.RowLock, new HandWritten(Source)),
        (AcceptWays.Lane, new ByTiebreak(Server)),
    ];
}
