using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Tiebreak;

/// <summary>Switches Tiebreak on for a <see cref="DbContext"/>.</summary>
public static class TiebreakDbContextOptionsBuilderExtensions
{
    /// <summary>
    /// Lets queries of this context take row locks (<c>ForUpdate()</c> and its family), and change rows and return them
    /// in one statement (<c>UpdateReturningAsync</c> and its family). Call it beside
    /// <c>UseNpgsql</c>, before or after it; calling it twice changes nothing.
    /// </summary>
    /// <remarks>
    /// Nothing of the provider is replaced: four of its query services are wrapped, and a query without a lock
    /// passes through them unchanged. A context with another provider, with <c>UseInternalServiceProvider</c>, or
    /// with <c>ReplaceService</c> of one of those four services is refused when it is first used, because its locks
    /// could be dropped without a word.
    /// </remarks>
    /// <example><code>services.AddDbContext&lt;ShopContext&gt;(options => options.UseNpgsql(connectionString).UseTiebreak());</code></example>
    /// <param name="options">The options of the context.</param>
    /// <returns>The same builder.</returns>
    public static DbContextOptionsBuilder UseTiebreak(this DbContextOptionsBuilder options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ((IDbContextOptionsBuilderInfrastructure)options).AddOrUpdateExtension(
            options.Options.FindExtension<TiebreakOptionsExtension>() ?? new TiebreakOptionsExtension());
        return options;
    }

    /// <summary>
    /// Has guards take the time of their decisions from another SQL expression than PostgreSQL's own clock
    /// (<c>clock_timestamp()</c>). For tests: where time is to pass at once, let the expression add an offset that the
    /// test keeps in a table. In production leave it out, so that there is one clock for all servers.
    /// </summary>
    /// <example><code>options.UseNpgsql(connectionString).UseTiebreak().UseDecisionTime("clock_timestamp() + (SELECT by FROM clock_offset)");</code></example>
    /// <param name="options">The options of the context; <c>UseTiebreak()</c> is implied.</param>
    /// <param name="sql">An expression of type timestamptz, put into statements as it is: never a user's text.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The expression is empty.</exception>
    public static DbContextOptionsBuilder UseDecisionTime(this DbContextOptionsBuilder options, string sql)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        ((IDbContextOptionsBuilderInfrastructure)options).AddOrUpdateExtension(new TiebreakOptionsExtension { DecisionTime = sql });
        return options;
    }

    /// <inheritdoc cref="UseTiebreak(DbContextOptionsBuilder)"/>
    /// <typeparam name="TContext">The context.</typeparam>
    public static DbContextOptionsBuilder<TContext> UseTiebreak<TContext>(this DbContextOptionsBuilder<TContext> options)
        where TContext : DbContext
    {
        UseTiebreak((DbContextOptionsBuilder)options);
        return options;
    }
}
