using System.Collections.Concurrent;

namespace Tiebreak.Server.Http.Problems;

/// <summary>
/// Writes what many callers are told at once as one line with their count. What one connection's end does to a batch of a
/// thousand is one event for whoever reads the log.
/// </summary>
/// <remarks>
/// A line is written once no more than a second after the first call that it counts. What is left is written when this is
/// disposed of.
/// </remarks>
internal sealed partial class RepeatedLines(ILogger<RepeatedLines> logger, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(LogLevel Level, string What, string Reason), Line> _open = new();

    /// <summary>Counts one call.</summary>
    /// <param name="level">How grave it is.</param>
    /// <param name="what">What happened, in a few words that are the same each time.</param>
    /// <param name="reason">What the database or the library said; calls with another reason are another line.</param>
    public void Add(LogLevel level, string what, string reason)
    {
        if (!logger.IsEnabled(level))
        {
            return;
        }

        var key = (level, what, reason);
        while (!_open.GetOrAdd(key, static (of, lines) => new Line(lines, of), this).TryCount())
        {
            // It was written while we looked for it; the next is another.
            _open.TryRemove(key, out _);
        }
    }

    public void Dispose()
    {
        foreach (var line in _open.Values)
        {
            line.Write();
        }
    }

    [LoggerMessage(Message = "{What}, {Count} calls: {Reason}")]
    private partial void Write(LogLevel level, string what, long count, string reason);

    private sealed class Line
    {
        private readonly RepeatedLines _owner;
        private readonly (LogLevel Level, string What, string Reason) _key;
        private readonly ITimer _timer;
        private long _count;

        public Line(RepeatedLines owner, (LogLevel Level, string What, string Reason) key)
        {
            _owner = owner;
            _key = key;
            _timer = owner._time.CreateTimer(static line => ((Line)line!).Write(), this, Window, Timeout.InfiniteTimeSpan);
        }

        /// <summary>Whether the call is counted; not when the line is written already.</summary>
        public bool TryCount()
        {
            for (var count = Volatile.Read(ref _count); count >= 0;)
            {
                var seen = Interlocked.CompareExchange(ref _count, count + 1, count);
                if (seen == count)
                {
                    return true;
                }

                count = seen;
            }

            return false;
        }

        public void Write()
        {
            var count = Interlocked.Exchange(ref _count, -1);
            _timer.Dispose();
            _owner._open.TryRemove(new KeyValuePair<(LogLevel, string, string), Line>(_key, this));
            if (count > 0)
            {
                _owner.Write(_key.Level, _key.What, count, _key.Reason);
            }
        }
    }

    private readonly TimeProvider _time = time;
}
