using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Server.Systems;

/// <summary>
/// The database as a system sees it: its own tables by their type, <c>Set&lt;Invite&gt;()</c>, and the idempotency records
/// that all share. Which tables there are is known by the one context that derives from this.
/// </summary>
internal abstract class SystemDb(DbContextOptions options) : DbContext(options)
{
    public DbSet<RequestKey> RequestKeys => Set<RequestKey>();
}
