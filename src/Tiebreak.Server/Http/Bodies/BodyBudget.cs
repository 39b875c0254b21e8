using Tiebreak.Transactions;

namespace Tiebreak.Server.Http.Bodies;

/// <summary>
/// How many bytes of large bodies are worked on at once, of all callers together: a body is asked for here before it is
/// read and held until its request is answered, since what was made of it lives as long. Small bodies, which are bounded
/// by their number, are not counted. Safe for several threads.
/// </summary>
/// <param name="bytes">How many there may be.</param>
internal sealed class BodyBudget(long bytes = BodyBudget.DefaultBytes)
{
    private const long DefaultBytes = 32 * 1024 * 1024;

    private long _taken;

    /// <summary>Takes them until the response is over.</summary>
    /// <exception cref="BusyException">Others have them; nothing was read.</exception>
    public void Take(HttpContext httpContext, long wanted)
    {
        if (wanted <= Limits.BodyBytes)
        {
            return;
        }

        if (Interlocked.Add(ref _taken, wanted) > bytes)
        {
            Interlocked.Add(ref _taken, -wanted);
            throw new BusyException("Large bodies of other callers are being worked on. Nothing was read; try again.", attempts: 0, TimeSpan.Zero);
        }

        httpContext.Response.RegisterForDispose(new Share(this, wanted));
    }

    private sealed class Share(BodyBudget budget, long taken) : IDisposable
    {
        private long _left = taken;

        public void Dispose() => Interlocked.Add(ref budget._taken, -Interlocked.Exchange(ref _left, 0));
    }
}
