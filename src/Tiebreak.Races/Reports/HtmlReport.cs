using System.Globalization;
using System.Net;
using System.Text;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Reports;

/// <summary>A report as one page that needs nothing but itself: no script, no font, no picture from elsewhere.</summary>
internal static class HtmlReport
{
    private static readonly string Style = ReadStyle();

    public static string Of(RaceReport report, Func<Finding, string> replay)
    {
        var page = new StringBuilder();
        var title = $"{ReportWords.And(report.Actors)}: {ReportWords.Plain(report.Verdict)}";
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n")
            .Append("<link rel=\"icon\" href=\"data:,\">\n")
            .Append(CultureInfo.InvariantCulture, $"<title>{Html(title)}</title>\n<style>\n{Style}</style>\n</head>\n<body>\n<main>\n");
        AppendHead(page, report);
        for (var number = 0; number < report.Findings.Count; number++)
        {
            HtmlFinding.Append(page, report.Findings[number], number + 1, report.Actors, replay);
        }

        AppendMasked(page, report);
        AppendRedundantLocks(page, report);
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void AppendMasked(StringBuilder page, RaceReport report)
    {
        if (report.Masked.Count == 0)
        {
            return;
        }

        page.Append("<section>\n<h2>Not compared</h2>\n<p>It differs between equal runs.</p>\n<ul>\n");
        foreach (var masked in report.Masked)
        {
            page.Append(CultureInfo.InvariantCulture, $"<li>{Html(masked.Where)}: <code>{Html(masked.Seen)}</code></li>\n");
        }

        page.Append("</ul>\n</section>\n");
    }

    private static void AppendHead(StringBuilder page, RaceReport report)
    {
        var verdict = ReportWords.Kebab(report.Verdict);
        page.Append(CultureInfo.InvariantCulture, $"<header>\n<h1>{Html(ReportWords.And(report.Actors))} <span class=\"verdict {verdict}\">{verdict}</span></h1>\n");
        if (report.Verdict == Verdict.Unknown)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p>{Html(report.Reason ?? "Not every order was run.")} This is not a pass.</p>\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"<p class=\"soft\">{Html(ReportWords.Summary(report))}.</p>\n");
        if (report.Findings.Count > 1)
        {
            page.Append("<nav aria-label=\"Findings\"><ol>\n");
            for (var number = 1; number <= report.Findings.Count; number++)
            {
                page.Append(CultureInfo.InvariantCulture, $"<li><a href=\"#finding-{number}\">{Html(ReportWords.Title(report.Findings[number - 1]))}</a></li>\n");
            }

            page.Append("</ol></nav>\n");
        }

        var json = Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonReport.Of(report)));
        page.Append(CultureInfo.InvariantCulture, $"<p><a class=\"button\" download=\"race.json\" href=\"data:application/json;base64,{json}\">Download as JSON</a></p>\n</header>\n");
    }

    private static void AppendRedundantLocks(StringBuilder page, RaceReport report)
    {
        if (report.RedundantLocks.Count == 0)
        {
            return;
        }

        page.Append("<section aria-labelledby=\"redundant\">\n<h2 id=\"redundant\">Redundant for these actors</h2>\n")
            .Append("<p>Without these locks nothing changes between the actors above. Other operations may need them.</p>\n<ul>\n");
        foreach (var found in report.RedundantLocks)
        {
            page.Append(CultureInfo.InvariantCulture, $"<li>{Html(found.Actor)}: <code>{Html(found.Sql)}</code> <span class=\"soft\">({ReportWords.Count(found.Schedules, "order")} run without it)</span></li>\n");
        }

        page.Append("</ul>\n</section>\n");
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    private static string ReadStyle()
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream("Tiebreak.Races.Reports.report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
