namespace Tiebreak.RowLocks;

/// <summary>The part of a <see cref="RowLockWait"/> that is in the text of the query; the time is a parameter.</summary>
internal enum RowLockWaitMode
{
    Default,
    None,
    SkipLocked,
    UpTo,
}
