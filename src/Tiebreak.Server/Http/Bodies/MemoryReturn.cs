using System.Runtime;

namespace Tiebreak.Server.Http.Bodies;

/// <summary>
/// Gives memory back to the machine once large bodies are done with. The collector keeps what it once took until the rest
/// of the program has made as much garbage again, which small requests take hours for.
/// </summary>
/// <remarks>
/// It waits a while for more of them, and then has everything stand still once, some tens of milliseconds: a burst of
/// large bodies has cost more by then. Safe for several threads.
/// </remarks>
internal sealed class MemoryReturn : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    // What the pools of arrays keep they let go at the first collection after a minute in which nobody asked for it.
    private static readonly TimeSpan PoolsKeep = TimeSpan.FromSeconds(61);

    private readonly Func<bool> _isQuiet;
    private readonly ITimer _timer;
    private bool _isSecond;

    /// <param name="time">Measures the while.</param>
    /// <param name="isQuiet">Whether no large body is worked on.</param>
    public MemoryReturn(TimeProvider time, Func<bool> isQuiet)
    {
        _isQuiet = isQuiet;
        _timer = time.CreateTimer(static self => ((MemoryReturn)self!).Return(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The last of them is done.</summary>
    public void NoteQuiet()
    {
        Volatile.Write(ref _isSecond, false);
        _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    private void Return()
    {
        if (_isQuiet())
        {
            if (!Volatile.Read(ref _isSecond))
            {
                Volatile.Write(ref _isSecond, true);
                _timer.Change(PoolsKeep, Timeout.InfiniteTimeSpan);
            }

            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;

            // Aggressive is the mode that decommits (https://learn.microsoft.com/dotnet/api/system.gccollectionmode).
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
