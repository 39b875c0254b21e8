using Tiebreak.Transactions;

namespace Tiebreak.Server.Http.Bodies;

/// <summary>
/// How many bytes of large bodies are worked on at once, of all callers together: a body is asked for here before it is
/// read and held until its request is answered, since what was made of it lives as long. Small bodies, which are bounded
/// by their number, are not counted. Safe for several threads.
/// </summary>
internal sealed class BodyBudget : IDisposable
{
    private const long DefaultBytes = 32 * 1024 * 1024;

    private readonly long _bytes;
    private readonly MemoryReturn _memory;
    private long _taken;

    /// <param name="time">Measures how long it is quiet before memory is given back.</param>
    /// <param name="bytes">How many there may be.</param>
    public BodyBudget(TimeProvider time, long bytes = DefaultBytes)
    {
        _bytes = bytes;
        _memory = new MemoryReturn(time, () => Volatile.Read(ref _taken) == 0);
    }

    /// <summary>Takes them until the response is over.</summary>
    /// <exception cref="BusyException">Others have them; nothing was read.</exception>
    public void Take(HttpContext httpContext, long wanted)
    {
        if (wanted <= Limits.BodyBytes)
        {
            return;
        }

        if (Interlocked.Add(ref _taken, wanted) > _bytes)
        {
            GiveBack(wanted);
            throw new BusyException("Large bodies of other callers are being worked on. Nothing was read; try again.", attempts: 0, TimeSpan.Zero);
        }

        httpContext.Response.RegisterForDispose(new Share(this, wanted));
    }

    public void Dispose() => _memory.Dispose();

    private void GiveBack(long taken)
    {
        if (taken > 0 && Interlocked.Add(ref _taken, -taken) == 0)
        {
            _memory.NoteQuiet();
        }
    }

    private sealed class Share(BodyBudget budget, long taken) : IDisposable
    {
        private long _left = taken;

        public void Dispose() => budget.GiveBack(Interlocked.Exchange(ref _left, 0));
    }
}
