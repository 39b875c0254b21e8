using System.Data;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Wire;

/// <summary>How a gate treats an actor's statements in a run.</summary>
internal sealed record GateSettings
{
    /// <summary>How statements outside a transaction are held.</summary>
    public AutocommitMode Autocommit { get; init; }

    /// <summary>The level of transactions that do not choose one.</summary>
    public IsolationLevel Isolation { get; init; } = IsolationLevel.ReadCommitted;

    /// <summary>
    /// Puts another text in place of a statement's before it reaches the server (its parameters stay); the actor does not
    /// notice. <see langword="null"/> leaves all as they are.
    /// </summary>
    public Func<string, string>? Rewrite { get; init; }

    /// <summary>A statement that the gate sends, as a step of its own, at the beginning of each transaction: a lock. <see langword="null"/> for none.</summary>
    public string? First { get; init; }

    /// <summary>
    /// Whether all that the actor does on a connection runs in one transaction, which ends with the actor; for actors that
    /// use no transactions of their own. A held COMMIT is its last step.
    /// </summary>
    public bool OneTransaction { get; init; }
}
