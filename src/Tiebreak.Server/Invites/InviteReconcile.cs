using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Invites;

/// <summary>
/// Recounts each invite's uses and departures from the recorded uses and the memberships. Records without an invite
/// are drift too: they count as an invite that says nothing.
/// </summary>
internal sealed class InviteReconcile(IDbContextFactory<SystemDb> contexts) : IReconcile
{
    private static readonly TimeSpan LongestStatement = TimeSpan.FromMinutes(30);

    public string System => "invites";

    public async IAsyncEnumerable<Drift> FindAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Database.SetCommandTimeout(LongestStatement);
        await foreach (var row in Rows(db).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var (column, stored, recounted) in new[] { ("uses", row.Uses, row.RecountedUses), ("departures", row.Departures, row.RecountedDepartures) })
            {
                if (stored != recounted)
                {
                    yield return new Drift("invites", row.Key, column, stored.ToString(CultureInfo.InvariantCulture), recounted.ToString(CultureInfo.InvariantCulture));
                }
            }
        }
    }

    /// <summary>One statement, so that all sides are of one moment even while others write.</summary>
    private static IQueryable<CountedRow> Rows(SystemDb db) => db.Database.SqlQuery<CountedRow>(
        $"""
        SELECT * FROM (
            SELECT coalesce(i.code, u.code, m.code) || ':' || coalesce(i.generation, u.generation, m.generation) AS "Key",
                coalesce(i.uses, 0)::bigint AS "Uses", coalesce(u.uses, 0) AS "RecountedUses",
                coalesce(i.departures, 0)::bigint AS "Departures", coalesce(u.uses, 0) - coalesce(m.members, 0) AS "RecountedDepartures"
            FROM invites i
            FULL JOIN (SELECT code, generation, count(*) AS uses FROM invite_uses GROUP BY code, generation) u
                ON u.code = i.code AND u.generation = i.generation
            FULL JOIN (SELECT code, generation, count(*) AS members FROM memberships GROUP BY code, generation) m
                ON m.code = coalesce(i.code, u.code) AND m.generation = coalesce(i.generation, u.generation)
        ) counted
        WHERE "Uses" <> "RecountedUses" OR "Departures" <> "RecountedDepartures"
        """);

    private sealed record CountedRow(string Key, long Uses, long RecountedUses, long Departures, long RecountedDepartures);
}
