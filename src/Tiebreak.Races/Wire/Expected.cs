namespace Tiebreak.Races.Wire;

/// <summary>An answer that the server owes.</summary>
internal sealed class Expected(ExpectedKind kind)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ExpectedKind Kind => kind;

    /// <summary>The step that it answers.</summary>
    public HeldStatement? Step { get; init; }

    /// <summary>Whether the client did not ask for it and is not told.</summary>
    public bool IsOurs { get; init; }

    /// <summary>Whether the step is done only with the ReadyForQuery behind it, which says the transaction's status.</summary>
    public bool EndsAtSync { get; init; }

    /// <summary>Whether what was kept back is given to the client with this.</summary>
    public bool GivesKept { get; init; }

    /// <summary>Completes when it came, or will not come any more.</summary>
    public Task Done => _done.Task;

    public void Complete() => _done.TrySetResult();
}
