using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.RowLocks;

/// <summary>
/// The statements around a query that waits up to a time, sent with it in one go. A cursor of two rows holds both
/// settings, the wanted one and the one in force: to step on it sets lock_timeout, once before the query and once
/// after. MOVE returns no rows, so the query's own result is the only one that EF Core meets; and nothing is left
/// behind where the query fails, since the abort takes the setting and the cursor along.
/// </summary>
/// <remarks>
/// unnest over an array and not VALUES: the array is complete before its first row is given out, so the second one
/// is the setting of before. At REPEATABLE READ the cursor takes the transaction's snapshot, a moment before the
/// query would have taken it, and both before the wait.
/// </remarks>
internal sealed class BoundedWait : IRelationalParameter
{
    private const string Name = "tiebreak_wait";

    public static string Before { get; } =
        $"DECLARE {Name} CURSOR FOR SELECT set_config('lock_timeout', setting, true) FROM unnest(ARRAY[@{Name}, current_setting('lock_timeout')]) AS setting;{Environment.NewLine}MOVE {Name};{Environment.NewLine}";

    public static string After { get; } = $";{Environment.NewLine}MOVE {Name};{Environment.NewLine}CLOSE {Name}";

    public string InvariantName => WaitArgument.TimeParameter;

    public void AddDbParameter(DbCommand command, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = Name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    public void AddDbParameter(DbCommand command, IReadOnlyDictionary<string, object?>? parameterValues) =>
        AddDbParameter(command, parameterValues![WaitArgument.TimeParameter]);
}
