namespace Tiebreak.Races.Tests.Corpus;

/// <summary>What the explorer has to say about an entry.</summary>
internal enum CorpusKind
{
    /// <summary>Races, and looks it.</summary>
    Bug,

    /// <summary>Races, though it locks, checks a version or has a unique index.</summary>
    Deceptive,

    /// <summary>Looks as if it raced, and does not.</summary>
    Clean,

    /// <summary>Single statements that race only while one is still running.</summary>
    Limit,

    /// <summary>Waits for each other in a circle.</summary>
    Deadlock,

    /// <summary>Breaks its invariant without any race.</summary>
    WrongOneAtATime,
}
