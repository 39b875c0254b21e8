using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.RowLocks;

/// <summary>
/// The finished statement of a locked query. EF Core copies text and parameters from it for each execution, and only
/// asks it for a command of its own to show the SQL (ToQueryString). So the guard that needs a transaction rides
/// among the parameters: it runs at every execution, cached and compiled queries included, and never for display.
/// </summary>
internal sealed class LockedCommand : IRelationalCommand
{
    private readonly IRelationalCommand _inner;
    private readonly ExecutionGuard _guard;

    public LockedCommand(IRelationalCommand inner, string clause, LockedQuery query)
    {
        _inner = inner;
        _guard = new ExecutionGuard(query);
        inner.PopulateFrom(Text.Around(inner, Environment.NewLine + clause, query.Lock.Wait));
        Parameters = [_guard, .. inner.Parameters];
    }

    public string CommandText => _inner.CommandText;

    public string LogCommandText => _inner.LogCommandText;

    public IReadOnlyList<IRelationalParameter> Parameters { get; }

    public DbCommand CreateDbCommand(RelationalCommandParameterObject parameterObject, Guid commandId, DbCommandMethod commandMethod) =>
        _inner.CreateDbCommand(parameterObject, commandId, commandMethod);

    public int ExecuteNonQuery(RelationalCommandParameterObject parameterObject) =>
        Guarded(parameterObject).ExecuteNonQuery(parameterObject);

    public Task<int> ExecuteNonQueryAsync(RelationalCommandParameterObject parameterObject, CancellationToken cancellationToken = default) =>
        Guarded(parameterObject).ExecuteNonQueryAsync(parameterObject, cancellationToken);

    public object? ExecuteScalar(RelationalCommandParameterObject parameterObject) =>
        Guarded(parameterObject).ExecuteScalar(parameterObject);

    public Task<object?> ExecuteScalarAsync(RelationalCommandParameterObject parameterObject, CancellationToken cancellationToken = default) =>
        Guarded(parameterObject).ExecuteScalarAsync(parameterObject, cancellationToken);

    public RelationalDataReader ExecuteReader(RelationalCommandParameterObject parameterObject) =>
        Guarded(parameterObject).ExecuteReader(parameterObject);

    public Task<RelationalDataReader> ExecuteReaderAsync(RelationalCommandParameterObject parameterObject, CancellationToken cancellationToken = default) =>
        Guarded(parameterObject).ExecuteReaderAsync(parameterObject, cancellationToken);

    public void PopulateFrom(IRelationalCommandTemplate commandTemplate) => _inner.PopulateFrom(commandTemplate);

    private IRelationalCommand Guarded(RelationalCommandParameterObject parameterObject)
    {
        _guard.Check(parameterObject.Connection.CurrentTransaction is not null, parameterObject.Connection, parameterObject.Context);
        return _inner;
    }

    private sealed class Text(IRelationalCommandTemplate inner, string prefix, string suffix, params IRelationalParameter[] more) : IRelationalCommandTemplate
    {
        public string CommandText { get; } = prefix + inner.CommandText + suffix;

        public string LogCommandText { get; } = prefix + inner.LogCommandText + suffix;

        public IReadOnlyList<IRelationalParameter> Parameters { get; } = [.. more, .. inner.Parameters];

        public static Text Around(IRelationalCommandTemplate inner, string clause, RowLockWaitMode wait) => wait == RowLockWaitMode.UpTo
            ? new Text(inner, BoundedWait.Before, clause + BoundedWait.After, new BoundedWait())
            : new Text(inner, "", clause);

        public DbCommand CreateDbCommand(RelationalCommandParameterObject parameterObject, Guid commandId, DbCommandMethod commandMethod) =>
            throw new NotSupportedException("This template carries text only.");
    }
}
