namespace Tiebreak.LocalLocks;

/// <summary>What a handle gives back.</summary>
internal interface IReleasable
{
    void Release();
}
