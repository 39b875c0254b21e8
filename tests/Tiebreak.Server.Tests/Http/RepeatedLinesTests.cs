using Microsoft.Extensions.Logging;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Http;

public sealed class RepeatedLinesTests
{
    [Fact]
    public async Task What_many_are_told_at_once_is_one_line_with_their_count_and_none_is_left_out()
    {
        using var log = new LogLines();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(log));
        using (var lines = new RepeatedLines(new Logger<RepeatedLines>(factory), TimeProvider.System))
        {
            await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() =>
            {
                for (var i = 0; i < 100; i++)
                {
                    lines.Add(LogLevel.Warning, "Lost", "reset");
                }
            })));
            lines.Add(LogLevel.Warning, "Lost", "timed out");
        }

        var reset = log.Lines.Where(line => line.Text.EndsWith("calls: reset", StringComparison.Ordinal)).ToList();
        Assert.Equal(6_400, reset.Sum(line => int.Parse(line.Text.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.InRange(reset.Count, 1, 30);
        Assert.Single(log.Lines, line => line.Text == "Lost, 1 calls: timed out");
    }
}
