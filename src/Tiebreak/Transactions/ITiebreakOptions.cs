using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Tiebreak.Transactions;

/// <summary>Marks what <c>UseTiebreak()</c> adds to a context's options, for those who lie below it and need it to be there.</summary>
internal interface ITiebreakOptions
{
    /// <summary>Whether the context was set up with <c>UseTiebreak()</c>.</summary>
    static bool AreOn(DbContext context) => context.GetService<IDbContextOptions>().Extensions.Any(extension => extension is ITiebreakOptions);
}
