using System.Data;

namespace Tiebreak.Races.Traces;

/// <summary>One statement of one actor: from the moment it was let go to its answer.</summary>
internal sealed record Step
{
    /// <summary>Whose, from 0.</summary>
    public required int Actor { get; init; }

    /// <summary>Which of the actor's connections of this run, in order of first use, from 0.</summary>
    public int Connection { get; init; }

    /// <summary>What it asks.</summary>
    public required StepKind Kind { get; init; }

    /// <summary>Its text as the actor sent it.</summary>
    public required string Sql { get; init; }

    /// <summary>The text of a COMMIT that the gate holds for a statement outside a transaction.</summary>
    public const string OwnCommit = "COMMIT -- the explorer's";

    /// <summary>Whether it is such a COMMIT, which the actor's code knows nothing of.</summary>
    public bool IsOwn => Sql == OwnCommit;

    /// <summary>Its parameters as text; <see langword="null"/> for NULL and for those in a binary form that is not known.</summary>
    public IReadOnlyList<string?> Parameters { get; init; } = [];

    /// <summary>Whether it stands outside a transaction and is explored whole.</summary>
    public bool IsAutocommit { get; init; }

    /// <summary>The level that its transaction chose for itself; <see langword="null"/> for the scenario's.</summary>
    public IsolationLevel? Isolation { get; init; }

    /// <summary>The command tag, for example <c>UPDATE 1</c>; <see langword="null"/> when it failed or never came back.</summary>
    public string? Tag { get; init; }

    /// <summary>The SQLSTATE with which it failed, or <see langword="null"/>.</summary>
    public string? SqlState { get; init; }

    /// <summary>The server's message when it failed.</summary>
    public string? Message { get; init; }

    /// <summary>The rows that it wrote.</summary>
    public IReadOnlyList<RowChange> Changes { get; init; } = [];

    /// <summary>The actors whose locks it had to wait for, if it had to.</summary>
    public IReadOnlyList<int> BlockedBy { get; init; } = [];

    /// <summary>The step (its position in the trace) whose end let it go on after waiting; <see langword="null"/> if it never waited.</summary>
    public int? ResumedBy { get; init; }
}
