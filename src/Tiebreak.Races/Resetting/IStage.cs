using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Resetting;

/// <summary>A scratch database in which runs happen: starting rows, final rows, who waits for whom.</summary>
internal interface IStage : IAsyncDisposable
{
    /// <summary>What a gate connects to.</summary>
    string ConnectionString { get; }

    /// <summary>Whether this database is known to be at its starting rows, sequences included.</summary>
    bool IsReset { get; }

    /// <summary>Back to the starting rows in those tables that a run wrote since the last reset.</summary>
    Task ResetAsync(CancellationToken cancellationToken);

    /// <summary>Moves every sequence on by an amount, so that values which come from one differ from those of an equal run.</summary>
    Task AdvanceSequencesAsync(long by, CancellationToken cancellationToken);

    /// <summary>A run wrote these rows: their tables are reset next and read from now on.</summary>
    void NoteWritten(IEnumerable<RowChange> changes);

    /// <summary>The rows of all tables that any run has written so far.</summary>
    Task<IReadOnlyDictionary<string, TableRows>> ReadRowsAsync(CancellationToken cancellationToken);

    /// <summary>The names of the invariants that do not hold now.</summary>
    Task<IReadOnlyList<string>> FindBrokenInvariantsAsync(CancellationToken cancellationToken);

    /// <summary>For each of these processes those that it waits for (<c>pg_blocking_pids</c>); without those that wait for none.</summary>
    Task<IReadOnlyDictionary<int, IReadOnlyList<int>>> FindBlockersAsync(IReadOnlyCollection<int> pids, CancellationToken cancellationToken);

    /// <summary>What is known of the tables, for telling which statements depend on each other.</summary>
    Catalog Catalog { get; }
}
