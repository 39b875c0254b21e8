using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Transactions;

/// <summary>When PostgreSQL checks deferrable constraints: https://www.postgresql.org/docs/current/sql-set-constraints.html.</summary>
public static class ConstraintExtensions
{
    /// <summary>
    /// Has the named DEFERRABLE constraints checked at COMMIT and not after each statement, until the open transaction
    /// ends. Two rows can so swap a unique value, or refer to each other. One round trip.
    /// </summary>
    /// <param name="context">A context with an open transaction, inside an atomic block for instance.</param>
    /// <param name="constraints">Their names, as in the database, found by the search path. Empty: all of them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The context has no open transaction: the setting would be gone at once.</exception>
    /// <exception cref="Npgsql.PostgresException">There is no such constraint (42704), or it is not deferrable (42809).</exception>
    public static Task DeferConstraintsAsync(this DbContext context, IEnumerable<string>? constraints = null, CancellationToken cancellationToken = default) =>
        SetAsync(context, constraints, "DEFERRED", cancellationToken);

    /// <summary>
    /// Checks the named deferred constraints now, and after each statement from now on: a violation shows here, where the
    /// block can still say what it did, and not at COMMIT. One round trip.
    /// </summary>
    /// <param name="context">A context with an open transaction, inside an atomic block for instance.</param>
    /// <param name="constraints">Their names, as in the database. Empty: all of them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The context has no open transaction.</exception>
    /// <exception cref="Npgsql.PostgresException">A constraint is violated (23503, 23505, ...).</exception>
    public static Task CheckConstraintsAsync(this DbContext context, IEnumerable<string>? constraints = null, CancellationToken cancellationToken = default) =>
        SetAsync(context, constraints, "IMMEDIATE", cancellationToken);

    private static async Task SetAsync(DbContext context, IEnumerable<string>? constraints, string mode, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var transaction = context.Database.CurrentTransaction ?? throw new InvalidOperationException(
            "Constraints are deferred within a transaction, and this context has none open. Call it inside contexts.AtomicAsync(...), or after BeginTransactionAsync().");
        var quoting = context.GetService<ISqlGenerationHelper>();
        var names = string.Join(", ", (constraints ?? []).Select(name =>
        {
            ArgumentException.ThrowIfNullOrEmpty(name, nameof(constraints));
            return quoting.DelimitIdentifier(name);
        }));
        var command = context.Database.GetDbConnection().CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = transaction.GetDbTransaction();
            command.CommandText = $"SET CONSTRAINTS {(names.Length == 0 ? "ALL" : names)} {mode}";
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
