using System.Data;

namespace Tiebreak.Races.Explaining;

/// <summary>A change that might mend a finding; whether it does is found by exploring again with it.</summary>
internal sealed record FixCandidate
{
    /// <summary>What to change, so that a developer can do it in the code.</summary>
    public required string What { get; init; }

    /// <summary>By actor: puts another text in place of a statement's. Actors without one stay as they are.</summary>
    public IReadOnlyDictionary<int, Func<string, string>> Rewrites { get; init; } = new Dictionary<int, Func<string, string>>();

    /// <summary>The actors all of whose statements run in one transaction.</summary>
    public IReadOnlySet<int> OneTransaction { get; init; } = new HashSet<int>();

    /// <summary>By actor: what each of its transactions begins with, a lock.</summary>
    public IReadOnlyDictionary<int, string> First { get; init; } = new Dictionary<int, string>();

    /// <summary>Whether its orders are few and are all run: a lock up to the end of an actor leaves nothing to reduce, and its end is no step.</summary>
    public bool RunsEveryOrder { get; init; }

    /// <summary>The level of all transactions; <see langword="null"/> leaves it as it was.</summary>
    public IsolationLevel? Isolation { get; init; }

    /// <summary>How often an actor that ends in 40001 or 40P01 is run again.</summary>
    public int Retries { get; init; }

    /// <summary>SQL that is run once in the scratch database, behind the schema; <see langword="null"/> for none.</summary>
    public string? Schema { get; init; }
}
