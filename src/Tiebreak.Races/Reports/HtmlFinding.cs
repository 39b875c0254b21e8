using System.Globalization;
using System.Net;
using System.Text;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Reports;

/// <summary>One finding of the page: the drawing, the same as a table, what differs, which fixes were tried.</summary>
internal static class HtmlFinding
{
    public static void Append(StringBuilder page, Finding finding, int number, IReadOnlyList<string> actors, Func<Finding, string> replay)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"finding-{number}");
        page.Append(CultureInfo.InvariantCulture, $"<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{number}. {Html(ReportWords.Title(finding))} <span class=\"soft\">{Html(ReportWords.Level(finding.Isolation))}</span></h2>\n");
        if (finding.Explanation.Length > 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>{Html(finding.Explanation)}</p>\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll wide\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline of finding {number}\">{new TimelineSvg(finding, actors, id).Draw()}</div>\n");
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"scroll narrow\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline of finding {number}, in one column\">{new TimelineSvg(finding, actors, id + "-n", narrow: true).Draw()}</div>\n");
        AppendTable(page, finding);
        AppendList(page, "Outcome", finding.Outcome);
        if (finding.NearestSerial is { } nearest)
        {
            AppendDifferences(page, nearest);
        }

        AppendFixes(page, finding);
        page.Append(CultureInfo.InvariantCulture, $"<h3>Replay</h3>\n<pre tabindex=\"0\"><code>{Html(replay(finding))}</code></pre>\n</section>\n");
    }

    private static void AppendTable(StringBuilder page, Finding finding)
    {
        page.Append("<details>\n<summary>The timeline as a table</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The timeline as a table\">\n<table>\n")
            .Append("<thead><tr><th scope=\"col\">#</th><th scope=\"col\">Actor</th><th scope=\"col\">Event</th><th scope=\"col\">Statement or answer</th><th scope=\"col\">Result</th></tr></thead>\n<tbody>\n");
        for (var position = 0; position < finding.Timeline.Count; position++)
        {
            var entry = finding.Timeline[position];
            var what = entry.BlockedBy.Count > 0 && entry.Event == TimelineEvent.Blocked ? $"waits for {ReportWords.And(entry.BlockedBy)}" : ReportWords.Plain(entry.Event);
            var culprit = finding.Culprits.Contains(position);
            page.Append(CultureInfo.InvariantCulture, $"<tr{(culprit ? " class=\"culprit\"" : "")}><td>{position + 1}</td><td>{Html(entry.Actor)}</td><td>{Html(what)}{(culprit ? " (one of the two that matter)" : "")}</td><td><code>{Html(entry.Sql)}</code></td><td>{Html(entry.Result ?? "")}</td></tr>\n");
        }

        page.Append("</tbody>\n</table>\n</div>\n</details>\n");
    }

    private static void AppendDifferences(StringBuilder page, NearestSerialOrder nearest)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h3>Nearest order one at a time: {Html(string.Join(", ", nearest.Order))}</h3>\n<p class=\"soft\">− only there, + only here</p>\n<ul class=\"differences\">\n");
        foreach (var line in nearest.Differences)
        {
            var style = line.Length == 0 ? "" : line[0] switch { '-' => " class=\"there\"", '+' => " class=\"here\"", _ => "" };
            page.Append(CultureInfo.InvariantCulture, $"<li{style}><code>{Html(line)}</code></li>\n");
        }

        page.Append("</ul>\n");
    }

    private static void AppendFixes(StringBuilder page, Finding finding)
    {
        if (finding.Fixes.Count == 0)
        {
            return;
        }

        page.Append("<h3>Fixes tried</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Fixes tried\">\n<table>\n")
            .Append("<thead><tr><th scope=\"col\">Change</th><th scope=\"col\">Result</th><th scope=\"col\">Statements that wait</th></tr></thead>\n<tbody>\n");
        foreach (var fix in finding.Fixes)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td><code>{Html(fix.What)}</code></td><td class=\"{ReportWords.Kebab(fix.Verdict)}\">{Html(ReportWords.Result(fix))}</td><td>{ReportWords.Percent(fix.BlockedSteps)}</td></tr>\n");
        }

        page.Append("</tbody>\n</table>\n</div>\n");
    }

    private static void AppendList(StringBuilder page, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        page.Append(CultureInfo.InvariantCulture, $"<h3>{Html(title)}</h3>\n<ul>\n");
        foreach (var line in lines)
        {
            page.Append(CultureInfo.InvariantCulture, $"<li><code>{Html(line)}</code></li>\n");
        }

        page.Append("</ul>\n");
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
