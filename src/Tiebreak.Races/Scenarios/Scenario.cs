using System.Data;

namespace Tiebreak.Races.Scenarios;

/// <summary>What is explored: the tables, the rows that are there before each run, and who does what.</summary>
internal sealed record Scenario
{
    /// <summary>What makes the tables, run once.</summary>
    public IReadOnlyList<SetUpStep> Schema { get; init; } = [];

    /// <summary>What makes the rows that each run starts from.</summary>
    public IReadOnlyList<SetUpStep> Given { get; init; } = [];

    /// <summary>Two to four, in the order in which a schedule's letters name them: a, b, c, d.</summary>
    public IReadOnlyList<Actor> Actors { get; init; } = [];

    /// <summary>What must be true of the rows after each run.</summary>
    public IReadOnlyList<Invariant> Invariants { get; init; } = [];

    /// <summary>Columns, as <c>table.column</c> in lower case, whose values do not count.</summary>
    public IReadOnlySet<string> Ignored { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The level of transactions that do not choose one.</summary>
    public IsolationLevel Isolation { get; init; } = IsolationLevel.ReadCommitted;

    /// <summary>How statements outside a transaction are explored.</summary>
    public AutocommitMode Autocommit { get; init; }

    /// <summary>Whether scripts and actors have the server's role, instead of one without superuser's rights that is made for them.</summary>
    public bool Superuser { get; init; }

    /// <summary>What has to be there before any actor runs, asked when the gates are open.</summary>
    public Func<CancellationToken, Task> ReadyAsync { get; init; } = static _ => Task.CompletedTask;

    /// <summary>Whether each actor runs once alone before anything is compared, so that pools and caches are warm.</summary>
    public bool Warmup { get; init; } = true;
}
