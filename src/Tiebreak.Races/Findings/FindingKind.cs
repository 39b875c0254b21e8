namespace Tiebreak.Races.Findings;

/// <summary>In which way an order breaks the actors.</summary>
public enum FindingKind
{
    /// <summary>Answers and rows that no order one at a time leads to.</summary>
    Race,

    /// <summary>An invariant that every order one at a time keeps is broken.</summary>
    Invariant,

    /// <summary>Actors that waited for one another until PostgreSQL ended one.</summary>
    Deadlock,

    /// <summary>An error that no order one at a time leads to, such as a unique violation out of an operation.</summary>
    Error,

    /// <summary>
    /// An actor that wrote nothing was refused in words that no order one at a time gives it, where one at a time it would have
    /// been refused too: weaker than the others, and by itself no reason to fail. Where it means "try again", say so with Busy.
    /// </summary>
    AnotherRefusal,

    /// <summary>An invariant is broken even when the actors run one at a time: a bug, not a race.</summary>
    WrongOneAtATime,
}
