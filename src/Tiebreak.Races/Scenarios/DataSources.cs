using System.Collections.Concurrent;
using Npgsql;

namespace Tiebreak.Races.Scenarios;

/// <summary>One data source for each connection string, kept for all runs so that connections are pooled.</summary>
internal sealed class DataSources
{
    private readonly ConcurrentDictionary<string, NpgsqlDataSource> _sources = new(StringComparer.Ordinal);

    public NpgsqlDataSource For(string connectionString) => _sources.GetOrAdd(connectionString, NpgsqlDataSource.Create);

    /// <summary>Closes the one for a connection string.</summary>
    public ValueTask CloseAsync(string connectionString) => _sources.TryRemove(connectionString, out var source) ? source.DisposeAsync() : ValueTask.CompletedTask;
}
