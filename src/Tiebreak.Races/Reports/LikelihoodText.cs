using System.Globalization;
using System.Text;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Reports;

/// <summary>How likely something is, for a terminal.</summary>
internal static class LikelihoodText
{
    public static string Of(Likelihood likelihood)
    {
        var text = new StringBuilder();
        var actors = ReportWords.And(likelihood.Actors);
        text.AppendLine(likelihood.OnceIn == TimeSpan.MaxValue
            ? $"{actors} broke in none of {ReportWords.Count(likelihood.Samples, "pair")}: less often than about once in {Span(likelihood.OnceInLow)}."
            : $"{actors} break about once in {Span(likelihood.OnceIn)} (once in {Span(likelihood.OnceInLow)} to {Span(likelihood.OnceInHigh)}).");
        text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"At {likelihood.Rate:0.###} requests a second of each, over {likelihood.Keys} keys; {likelihood.Samples} pairs run."));
        text.AppendLine($"Window: {Span(likelihood.Window)} ({Span(likelihood.WindowLow)} to {Span(likelihood.WindowHigh)}).");
        AppendShare(text, "A double click, 150 ms apart", likelihood.DoubleClick);
        AppendShare(text, "A deliberate burst, at once", likelihood.Burst);
        text.AppendLine().AppendLine($"Time from the start of {likelihood.Actors[0]} to that of {likelihood.Actors[1]}, and the share that breaks:");
        foreach (var share in likelihood.Shares.Where(share => share.Samples > 0))
        {
            text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"  {share.From.TotalMilliseconds,8:0.00} to {share.To.TotalMilliseconds,8:0.00} ms  {(double)share.Broken / share.Samples,6:P0}  of {share.Samples}"));
        }

        return text.AppendLine().AppendLine("This is no reason to call it safe: a busy machine, a pause or a slower disk makes the window wider, and whoever wants to can send a burst.").ToString();
    }

    private static void AppendShare(StringBuilder text, string what, ShareOfTime? share)
    {
        if (share is not null)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{what}: {share.Broken} of {share.Samples} break.");
        }
    }

    private static string Span(TimeSpan time) => time switch
    {
        _ when time == TimeSpan.MaxValue => "never",
        { TotalDays: >= 730 } => Number(time.TotalDays / 365.25, "years"),
        { TotalDays: >= 2 } => Number(time.TotalDays, "days"),
        { TotalHours: >= 2 } => Number(time.TotalHours, "hours"),
        { TotalMinutes: >= 2 } => Number(time.TotalMinutes, "minutes"),
        { TotalSeconds: >= 1 } => Number(time.TotalSeconds, "s"),
        _ => Number(time.TotalMilliseconds, "ms"),
    };

    private static string Number(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{(value >= 10 ? Math.Round(value) : Math.Round(value, 2))} {unit}");
}
