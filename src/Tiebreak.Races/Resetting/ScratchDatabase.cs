using Npgsql;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Resetting;

/// <summary>
/// A database of an exploration's own: made for it and dropped after it, or one that the caller says is scratch.
/// </summary>
/// <remarks>Members may be called from several tasks; those that touch rows take turns, <see cref="FindBlockersAsync"/> has a connection of its own.</remarks>
internal sealed class ScratchDatabase : IStage
{
    private const int RebuildEvery = 200;
    private const int VerifyEvery = 50;

    private readonly ScratchPlace _place;
    private readonly IReadOnlyList<Invariant> _invariants;
    private readonly WrittenTables _written = new();
    private StageConnection _control;
    private readonly StageConnection _monitor;
    private bool _isReplica;
    private IReadOnlyList<StageTable> _tables = [];
    private StartingRows? _start;
    private long _resets;

    private ScratchDatabase(ScratchPlace place, IReadOnlyList<Invariant> invariants)
    {
        _place = place;
        _invariants = invariants;
        _control = new StageConnection(place.ConnectionString, SessionSettings.Control);
        _monitor = new StageConnection(place.ConnectionString, "SET jit = off; SET statement_timeout = 0;");
    }

    public string ConnectionString => _place.ConnectionString;

    /// <summary>For actors.</summary>
    public string UserConnectionString => _place.UserConnectionString;

    public Catalog Catalog { get; private set; } = new(
        new Dictionary<string, CatalogTable>(StringComparer.Ordinal), new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));

    public bool IsReset => _written.IsClean;

    /// <summary>
    /// Tables that changed though no trigger said so (a role that fires none, or a foreign server). They are read and reset
    /// each time from then on, but what a single statement wrote to them is not known.
    /// </summary>
    public IReadOnlyCollection<string> UntrackedTables => _written.Untracked;

    /// <summary>Makes a database on the server, runs the scenario's schema and starting rows in it, and keeps these.</summary>
    /// <param name="serverConnectionString">Of a role that may create databases; the database that it names is only connected to.</param>
    /// <param name="scenario">Its scripts and invariants.</param>
    /// <param name="cancellationToken">Ends it; the database is dropped again.</param>
    /// <exception cref="RaceException">The server refuses, or a script fails.</exception>
    public static async Task<ScratchDatabase> CreateAsync(string serverConnectionString, Scenario scenario, CancellationToken cancellationToken)
    {
        var place = await ScratchPlace.CreateAsync(serverConnectionString, template: null, scenario.Superuser, cancellationToken).ConfigureAwait(false);
        return await StartAsync(place, scenario.Invariants, database => database.SetUpAsync(scenario, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>
    /// Uses a database that exists and that the caller says is scratch: its rows are overwritten, and it is not dropped.
    /// What stands in it now is the start, until <see cref="SaveStartAsync"/> is called.
    /// </summary>
    /// <param name="connectionString">Of the owner of its tables, better of a superuser.</param>
    /// <param name="invariants">What must hold after each run.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <remarks>Disposing it takes the triggers and settings out again. Sessions that are open keep the settings that they began with.</remarks>
    public static Task<ScratchDatabase> AdoptAsync(string connectionString, IReadOnlyList<Invariant> invariants, CancellationToken cancellationToken) =>
        StartAsync(ScratchPlace.Adopt(connectionString), invariants, database => database.SetUpAsync(new Scenario(), cancellationToken));

    /// <summary>A second database with the same starting rows, for a worker that runs beside this one.</summary>
    /// <remarks>PostgreSQL copies a database only while nobody else is connected to it: call this before any actor connects.</remarks>
    /// <exception cref="RaceException">Somebody is connected, or the database was adopted.</exception>
    public async Task<ScratchDatabase> CloneAsync(CancellationToken cancellationToken)
    {
        await _control.CloseAsync(cancellationToken).ConfigureAwait(false);
        await _monitor.CloseAsync(cancellationToken).ConfigureAwait(false);
        var place = await _place.CloneAsync(cancellationToken).ConfigureAwait(false);
        return await StartAsync(place, _invariants, async clone =>
        {
            await clone.ConfigureAsync(cancellationToken).ConfigureAwait(false);
            (clone.Catalog, clone._tables, clone._start) = (Catalog, _tables, _start);
            clone._written.Note(_written.Ever, sequencesMoved: true);
            await clone.VerifyAsync(cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>Takes what is in the database now as the start, new tables included; for applications that prepare it themselves.</summary>
    public Task SaveStartAsync(CancellationToken cancellationToken) => _control.UseAsync(
        async connection =>
        {
            (Catalog, _tables) = await CatalogReader.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync(TrackingTriggers.MakeFunction + TrackingTriggers.Install(_tables), cancellationToken).ConfigureAwait(false);
            _start = await StartingRows.SaveAsync(connection, _tables, new RestoreStatements(_tables, Catalog, _isReplica), cancellationToken).ConfigureAwait(false);
            _written.NoteReset(_written.ToReset);
        },
        cancellationToken);

    // Even a run that wrote nothing may have taken values from sequences.
    public void NoteWritten(IEnumerable<RowChange> changes) =>
        _written.Note(changes.Select(change => change.Table), sequencesMoved: _start is { HasSequences: true });

    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        // The first look comes early, before anything is built on rows that nobody reported.
        if (_resets++ % VerifyEvery == 0)
        {
            await VerifyAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        await RestoreAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at all tables, notes those that changed unreported, and puts all back to the start.</summary>
    /// <returns>The tables that changed though no trigger said so; see <see cref="UntrackedTables"/>.</returns>
    public async Task<IReadOnlyList<string>> VerifyAsync(CancellationToken cancellationToken)
    {
        var known = _written.ToReset.ToHashSet(StringComparer.Ordinal);
        var changed = await ControlAsync(connection => Start.FindChangedAsync(connection, known, cancellationToken), cancellationToken).ConfigureAwait(false);
        _written.NoteUntracked(changed);
        await RestoreAsync(cancellationToken).ConfigureAwait(false);
        return changed;
    }

    public async Task AdvanceSequencesAsync(long by, CancellationToken cancellationToken)
    {
        if (Start.HasSequences)
        {
            _written.Note([], sequencesMoved: true);
            await _control.UseAsync(connection => StartingRows.AdvanceAsync(connection, by, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<IReadOnlyDictionary<string, TableRows>> ReadRowsAsync(CancellationToken cancellationToken)
    {
        var written = _written.Ever.ToHashSet(StringComparer.Ordinal);
        List<StageTable> tables = [.. _tables.Where(table => written.Contains(table.Name))];
        return ControlAsync(connection => RowReader.ReadAsync(connection, tables, cancellationToken), cancellationToken);
    }

    /// <summary>The rows of all tables: the starting rows, when it is reset.</summary>
    public Task<IReadOnlyDictionary<string, TableRows>> ReadAllRowsAsync(CancellationToken cancellationToken) =>
        ControlAsync(connection => RowReader.ReadAsync(connection, _tables, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<string>> FindBrokenInvariantsAsync(CancellationToken cancellationToken) => _invariants.Count == 0
        ? Task.FromResult<IReadOnlyList<string>>([])
        : _control.UseAsync(connection => InvariantQueries.FindBrokenAsync(connection, _invariants, cancellationToken), cancellationToken);

    public Task<IReadOnlyDictionary<int, IReadOnlyList<int>>> FindBlockersAsync(IReadOnlyCollection<int> pids, CancellationToken cancellationToken) =>
        _monitor.UseAsync(connection => BlockerQuery.RunAsync(connection, pids, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!_place.IsOwn)
        {
            await _control.UseAsync(
                async connection =>
                {
                    await connection.ExecuteAsync(TrackingTriggers.Remove, CancellationToken.None).ConfigureAwait(false);
                    await SessionSettings.RemoveAsync(connection, CancellationToken.None).ConfigureAwait(false);
                },
                CancellationToken.None).ConfigureAwait(false);
        }

        await _control.DisposeAsync().ConfigureAwait(false);
        await _monitor.DisposeAsync().ConfigureAwait(false);
        await _place.DropAsync().ConfigureAwait(false);
    }

    private StartingRows Start => _start ?? throw new InvalidOperationException("The stage is not set.");

    private static async Task<ScratchDatabase> StartAsync(ScratchPlace place, IReadOnlyList<Invariant> invariants, Func<ScratchDatabase, Task> setUp)
    {
        var database = new ScratchDatabase(place, invariants);
        try
        {
            await setUp(database).ConfigureAwait(false);
            return database;
        }
        catch
        {
            await database._control.DisposeAsync().ConfigureAwait(false);
            await database._monitor.DisposeAsync().ConfigureAwait(false);
            await place.DropAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task SetUpAsync(Scenario scenario, CancellationToken cancellationToken)
    {
        await SetUp.RunAsync(_place, "schema", scenario.Schema, cancellationToken).ConfigureAwait(false);
        await SetUp.RunAsync(_place, "given", scenario.Given, cancellationToken).ConfigureAwait(false);
        await ConfigureAsync(cancellationToken).ConfigureAwait(false);
        await SaveStartAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ConfigureAsync(CancellationToken cancellationToken)
    {
        _isReplica = await _control.UseAsync(
            async connection =>
            {
                await SessionSettings.ApplyAsync(connection, cancellationToken).ConfigureAwait(false);
                return await SessionSettings.MayBeReplicaAsync(connection, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        if (_isReplica)
        {
            await _control.DisposeAsync().ConfigureAwait(false);
            _control = new StageConnection(_place.ConnectionString, SessionSettings.Control + SessionSettings.Replica);
        }
    }

    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        // Now and then dead rows are cleared away, before they slow scans down.
        var rebuild = _resets % RebuildEvery == 0;
        IReadOnlyList<string> dirty = rebuild ? _written.Ever : _written.ToReset;
        if (dirty.FirstOrDefault(table => !Catalog.Tables.ContainsKey(table)) is { } unknown)
        {
            throw new RaceException($"{unknown} was written and is not among the tables that were there at the start. Runs must not make tables.");
        }

        await ControlAsync(
            async connection =>
            {
                var disordered = await Start.RestoreAsync(connection, dirty, cancellationToken).ConfigureAwait(false);
                await Start.RebuildAsync(connection, rebuild ? dirty : disordered, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        _written.NoteReset(dirty);
    }

    private async Task<T> ControlAsync<T>(Func<NpgsqlConnection, Task<T>> use, CancellationToken cancellationToken)
    {
        try
        {
            return await _control.UseAsync(use, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (!error.SqlState.StartsWith("57P", StringComparison.Ordinal))
        {
            throw await ResetFailure.OfAsync(error, _monitor, cancellationToken).ConfigureAwait(false);
        }
    }
}
