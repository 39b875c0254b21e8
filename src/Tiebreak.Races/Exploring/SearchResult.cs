using Tiebreak.Races.Findings;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Exploring;

/// <summary>What a search through the schedules gave.</summary>
internal sealed record SearchResult
{
    /// <summary>Orders run, those one at a time included.</summary>
    public int Schedules { get; init; }

    public int BadSchedules { get; init; }

    /// <summary>Each order one at a time with its answers.</summary>
    public IReadOnlyList<OrderOneAtATime> OneAtATime { get; init; } = [];

    /// <summary>What is not compared.</summary>
    public IReadOnlyList<MaskedValue> Masked { get; init; } = [];

    /// <summary>Whether some order could not be run as it was planned though there was time.</summary>
    public bool IsIrregular { get; init; }

    /// <summary>Whether every relevant order was run.</summary>
    public bool IsExhausted { get; init; }

    /// <summary>Up to how many preemptions every order was run; <see langword="null"/> when all were.</summary>
    public int? Bound { get; init; }

    /// <summary>Why nothing can be said, if so.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether that goes for what was found as well: the runs may not have begun with the same rows.</summary>
    public bool IsUntracked { get; init; }

    /// <summary>Whether an order one at a time ended otherwise at the end than at the beginning.</summary>
    public bool IsDrifted { get; init; }

    /// <summary>How many orders ended in a deadlock that was answered with "try again".</summary>
    public int BusyDeadlocks { get; init; }

    /// <summary>Whether every order refused everybody and changed nothing.</summary>
    public bool DidNothing { get; init; }

    public int SerialOutcomes { get; init; }

    public int? FirstFoundAfter { get; init; }

    public TimeSpan? FirstFoundIn { get; init; }

    public TimeSpan Elapsed { get; init; }

    /// <summary>Of all statements the share that had to wait, from 0 to 1.</summary>
    public double BlockedSteps { get; init; }

    /// <summary>The runs of all actors that completed.</summary>
    public IReadOnlyList<Run> Runs { get; init; } = [];

    /// <summary>By what they were judged.</summary>
    public required SerialRuns Serial { get; init; }

    /// <summary>Each way in which it breaks, by its shortest run.</summary>
    public IReadOnlyList<FoundRun> Found { get; init; } = [];

    public Verdict Verdict => IsUntracked || IsDrifted ? Verdict.Unknown : Found.Any(found => found.Judgement.Kind is not FindingKind.AnotherRefusal) ? Verdict.Broken : IsExhausted && Reason is null ? Verdict.Holds : Verdict.Unknown;
}
