namespace Tiebreak.Races.Wire;

/// <summary>
/// What stands between one actor and the database. It outlives runs: connections that the actor keeps in a pool stay open.
/// </summary>
internal interface IActorGate : IAsyncDisposable
{
    /// <summary>What the actor connects to.</summary>
    string ConnectionString { get; }

    /// <summary>The processes that serve its connections now.</summary>
    IReadOnlyCollection<int> BackendPids { get; }

    /// <summary>From here on statements are held; before and after a run everything passes.</summary>
    void BeginRun(GateSettings settings);

    /// <summary>
    /// The next statement that waits; the oldest first when several connections have one. Completes when there is one.
    /// A statement is given once.
    /// </summary>
    ValueTask<IHeldStatement> NextAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The actor has ended: holds the COMMIT of each transaction that the gate put around what it did
    /// (<see cref="GateSettings.OneTransaction"/>); <see cref="NextAsync"/> gives it. Asked again it holds nothing twice.
    /// Returns whether there is one that the server has not answered yet.
    /// </summary>
    ValueTask<bool> HoldFinalCommitAsync(CancellationToken cancellationToken) => ValueTask.FromResult(false);

    /// <summary>
    /// The actor has ended (or is given up): statements that still wait are refused, open transactions rolled back, and
    /// this returns when the server has done so. With <paramref name="close"/> its connections are closed as well.
    /// </summary>
    Task EndRunAsync(bool close, CancellationToken cancellationToken);
}
