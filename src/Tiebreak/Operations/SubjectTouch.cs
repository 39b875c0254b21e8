using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
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

            if (context.Database.GetCommandTimeout() is { } seconds)
            {
                batch.Timeout = seconds;
            }

            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                foreach (var subject in subjects)
                {
                    if (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    {
                        KeepGenerated(context.Entry(subject), reader);
                    }

                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>The touch itself changes a row version: the save that follows must expect the one that it left.</summary>
    private static void KeepGenerated(EntityEntry entry, NpgsqlDataReader reader)
    {
        var i = 0;
        foreach (var property in Generated(entry.Metadata))
        {
            var value = reader.IsDBNull(i) ? null : reader.GetValue(i);
            var tracked = entry.Property(property);
            tracked.OriginalValue = property.GetRelationalTypeMapping().Converter is { } converter ? converter.ConvertFromProvider(value) : value;
            tracked.CurrentValue = tracked.OriginalValue;
            tracked.IsModified = false;
            i++;
        }
    }

    private static IEnumerable<IProperty> Generated(IEntityType entity) =>
        entity.GetProperties().Where(property => property.IsConcurrencyToken && property.ValueGenerated is (ValueGenerated.OnUpdate or ValueGenerated.OnAddOrUpdate));

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
        var generated = Generated(entity).Select(property => sql.DelimitIdentifier(property.GetColumnName(table)!)).DefaultIfEmpty("1");
        var command = new NpgsqlBatchCommand(
            $"UPDATE {sql.DelimitIdentifier(table.Name, table.Schema)} SET {set} = {set} WHERE {string.Join(" AND ", conditions)} RETURNING {string.Join(", ", generated)}");
        using var source = context.Database.GetDbConnection().CreateCommand();
        foreach (var key in keys)
        {
            DbParameter made = key.GetRelationalTypeMapping().CreateParameter(source, "", entry.Property(key).OriginalValue, key.IsNullable);
            command.Parameters.Add(((NpgsqlParameter)made).Clone());
        }

        return command;
    }
}
