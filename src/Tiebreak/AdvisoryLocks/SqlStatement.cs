using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.AdvisoryLocks;

/// <summary>A statement and its one parameter, if it has one.</summary>
internal sealed record SqlStatement(string Text, object? Value = null)
{
    /// <summary>One round trip on the context's connection and in its transaction; a failed statement ends the rest.</summary>
    public static DbBatch Batch(DbContext context, params IEnumerable<SqlStatement> statements)
    {
        var batch = context.Database.GetDbConnection().CreateBatch();
        batch.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        if (context.Database.GetCommandTimeout() is { } seconds)
        {
            batch.Timeout = seconds;
        }

        foreach (var statement in statements)
        {
            statement.AddTo(batch);
        }

        return batch;
    }

    public void AddTo(DbBatch batch)
    {
        var command = batch.CreateBatchCommand();
        command.CommandText = Text;
        if (Value is not null)
        {
            var parameter = command.CreateParameter();
            parameter.Value = Value;
            command.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(command);
    }
}
