using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tiebreak.Updates;

namespace Tiebreak.Operations;

/// <summary>Writes a new version of rows without changing them, all in one round trip and in the order in which they were read.</summary>
internal static class SubjectTouch
{
    public static async Task TouchAsync(DbContext context, IReadOnlyList<object> subjects, CancellationToken cancellationToken)
    {
        if (subjects.Count == 0)
        {
            return;
        }

        var batch = ((NpgsqlConnection)context.Database.GetDbConnection()).CreateBatch();
        await using (batch.ConfigureAwait(false))
        {
            batch.Transaction = (NpgsqlTransaction)context.Database.CurrentTransaction!.GetDbTransaction();
            foreach (var subject in subjects)
            {
                batch.BatchCommands.Add(Touch(context, subject));
            }

            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static NpgsqlBatchCommand Touch(DbContext context, object subject)
    {
        var entry = context.Entry(subject);
        var entity = entry.Metadata;
        var table = StoreObjectIdentifier.Create(entity, StoreObjectType.Table)
            ?? throw new InvalidOperationException($"'{entity.DisplayName()}' has no table of its own, so no other guard than a lane or a row lock can keep its rows.");
        var column = SeizeQueryableExtensions.FindColumn(entity)
            ?? throw new InvalidOperationException($"'{entity.DisplayName()}' has no column that could be set to itself. Use the row-lock guard.");

        var sql = context.GetService<ISqlGenerationHelper>();
        var set = sql.DelimitIdentifier(column.GetColumnName(table)!);
        var keys = entity.FindPrimaryKey()!.Properties;
        var conditions = keys.Select((key, i) => string.Create(CultureInfo.InvariantCulture, $"{sql.DelimitIdentifier(key.GetColumnName(table)!)} = ${i + 1}"));
        var command = new NpgsqlBatchCommand($"UPDATE {sql.DelimitIdentifier(table.Name, table.Schema)} SET {set} = {set} WHERE {string.Join(" AND ", conditions)}");
        using var source = context.Database.GetDbConnection().CreateCommand();
        foreach (var key in keys)
        {
            DbParameter made = key.GetRelationalTypeMapping().CreateParameter(source, "", entry.Property(key).OriginalValue, key.IsNullable);
            command.Parameters.Add(((NpgsqlParameter)made).Clone());
        }

        return command;
    }
}
