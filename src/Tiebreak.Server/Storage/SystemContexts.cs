using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Storage;

/// <summary>Gives the systems the one context by the type that they know.</summary>
internal sealed class SystemContexts(IDbContextFactory<TiebreakDb> contexts) : IDbContextFactory<SystemDb>
{
    public SystemDb CreateDbContext() => contexts.CreateDbContext();

    public async Task<SystemDb> CreateDbContextAsync(CancellationToken cancellationToken = default) => await contexts.CreateDbContextAsync(cancellationToken);
}
