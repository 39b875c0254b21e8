using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Tiebreak.Transactions;

/// <summary>Marks what <c>UseTiebreak()</c> adds to a context's options, for those who lie below it and need it to be there.</summary>
internal interface ITiebreakOptions
{
    /// <summary>The time that guards decide at when nobody says otherwise: not <c>now()</c>, which is when the transaction began.</summary>
    const string DatabaseClock = "clock_timestamp()";

    /// <summary>The SQL expression for the time of decisions.</summary>
    string DecisionTime { get; }

    /// <summary>Whether the context was set up with <c>UseTiebreak()</c>.</summary>
    static bool AreOn(DbContext context) => Of(context) is not null;

    /// <summary>The SQL expression for the time of decisions, of any context.</summary>
    static string DecisionTimeOf(DbContext context) => Of(context)?.DecisionTime ?? DatabaseClock;

    private static ITiebreakOptions? Of(DbContext context) => context.GetService<IDbContextOptions>().Extensions.OfType<ITiebreakOptions>().FirstOrDefault();
}
