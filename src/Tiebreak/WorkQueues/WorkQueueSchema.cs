using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.WorkQueues;

/// <summary>The jobs table as SQL, for those whose schema no EF Core migration makes.</summary>
public static class WorkQueueSchema
{
    /// <summary>
    /// The statements that create the table and its indexes where they do not exist: those that a migration of a model
    /// with <see cref="WorkQueueModelBuilderExtensions.UseWorkQueues"/> would run. Nothing is executed. Sent as one command
    /// they may be run by any number of servers at once.
    /// </summary>
    /// <param name="table">The table; <c>jobs</c> by default.</param>
    /// <param name="schema">Its schema, created when missing; <see langword="null"/> leaves it to the search path.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static string CreateScript(string table = "jobs", string? schema = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(table);

        // A model is cached by the type of its context; each call has options of its own and so a cache of its own.
        var options = new DbContextOptionsBuilder<JobsOnly>().UseNpgsql().EnableServiceProviderCaching(false).Options;
        using var context = new JobsOnly(options, table, schema);
        return RepeatableScript.Of(context.Database.GenerateCreateScript());
    }

    private sealed class JobsOnly(DbContextOptions<JobsOnly> options, string table, string? schema) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseWorkQueues(table, schema);
    }
}
