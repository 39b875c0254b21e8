using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.WorkQueues;

/// <summary>The table as the application's model names it.</summary>
/// <param name="Name">With its schema, delimited.</param>
internal sealed record JobsTable(string Name)
{
    /// <exception cref="InvalidOperationException">The model has none.</exception>
    public static JobsTable Of(DbContext context)
    {
        var type = context.Model.FindEntityType(typeof(QueuedJob))
            ?? throw new InvalidOperationException($"The model of {context.GetType().Name} has no jobs table: call modelBuilder.UseWorkQueues() in OnModelCreating, and add a migration.");
        return new JobsTable(context.GetService<ISqlGenerationHelper>().DelimitIdentifier(type.GetTableName()!, type.GetSchema()));
    }
}
