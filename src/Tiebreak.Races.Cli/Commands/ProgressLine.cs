using System.Diagnostics;
using System.Globalization;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>Shows how far an exploration is: one line that is rewritten in a terminal, else a line every few seconds.</summary>
internal sealed class ProgressLine(TextWriter writer, bool isTerminal) : IProgress<RaceProgress>
{
    private static readonly TimeSpan InTerminal = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan InLog = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private long _last;
    private int _width;

    public void Report(RaceProgress value)
    {
        lock (_lock)
        {
            if (_last != 0 && Stopwatch.GetElapsedTime(_last) < (isTerminal ? InTerminal : InLog))
            {
                return;
            }

            _last = Stopwatch.GetTimestamp();
            var text = string.Create(CultureInfo.InvariantCulture, $"{value.Phase}: {value.Schedules} orders, {value.BadSchedules} bad, {value.Elapsed.TotalSeconds:0} s");
            if (isTerminal)
            {
                writer.Write($"\r{text.PadRight(_width)}");
                _width = text.Length;
            }
            else
            {
                writer.WriteLine(text);
            }
        }
    }

    /// <summary>Takes the line away, so that the report begins on a clean one.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (isTerminal && _width > 0)
            {
                writer.Write($"\r{new string(' ', _width)}\r");
                _width = 0;
            }
        }
    }
}
