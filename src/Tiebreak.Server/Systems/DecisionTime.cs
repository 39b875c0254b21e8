using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Server.Systems;

/// <summary>
/// Where the time comes from that is decided and read at: the database, one clock for all servers. Registered by the
/// storage; a test may register another expression, and no setting does.
/// </summary>
/// <param name="Sql">An expression of type timestamptz.</param>
internal sealed record DecisionTime(string Sql)
{
    /// <summary>PostgreSQL's own clock, and not the beginning of the transaction.</summary>
    public static DecisionTime OfDatabase { get; } = new("clock_timestamp()");

    private string Question { get; } = $"SELECT {Sql} AS \"Value\"";

    /// <summary>The time now, for those who only read.</summary>
    public Task<DateTimeOffset> NowAsync(SystemDb db, CancellationToken cancellationToken) =>
        db.Database.SqlQueryRaw<DateTimeOffset>(Question).SingleAsync(cancellationToken);
}
