using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Server.Storage;

/// <summary>Brings the schema up to date, one server at a time.</summary>
internal static class SchemaUpdate
{
    /// <summary>
    /// EF Core's own lock ends with each migration's transaction: another server could come in between two migrations,
    /// and this one then make again what is there (42P07). So a lock of the session is held over all of them. Where it
    /// is not held (another node, a lost connection) that error is what happens, and the next try finds the work done.
    /// </summary>
    public static async Task RunAsync(TiebreakDb db, CancellationToken cancellationToken)
    {
        await db.Database.OpenConnectionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock(hashtextextended('tiebreak schema update', 0))", cancellationToken);
        try
        {
            await db.Database.MigrateAsync(cancellationToken);
        }
        finally
        {
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock(hashtextextended('tiebreak schema update', 0))", CancellationToken.None);
        }
    }
}
