namespace Tiebreak.Races.Findings;

/// <summary>What an exploration says.</summary>
public enum Verdict
{
    /// <summary>Every relevant order was run and each led to what some order one at a time leads to.</summary>
    Holds,

    /// <summary>An order was found that breaks it.</summary>
    Broken,

    /// <summary>
    /// Nothing can be said: the budget ended before every order was run, an actor waited for something that is not another
    /// actor's lock, or the database went away. Never a pass.
    /// </summary>
    Unknown,
}
