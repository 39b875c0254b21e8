namespace Tiebreak.AdvisoryLocks;

/// <summary>Whom an advisory lock keeps out.</summary>
public enum AdvisoryLockMode
{
    /// <summary>Everybody else.</summary>
    Exclusive,

    /// <summary>Those who want it exclusively. Any number hold it shared at once.</summary>
    Shared,
}
