using System.Globalization;
using System.Text;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Reports;

namespace Tiebreak.Races.Tests.Corpus;

/// <summary>docs/races/corpus.md.</summary>
internal static class CorpusPage
{
    private const int Narrow = 8;

    /// <summary>Where it stands.</summary>
    public static string Path
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Tiebreak.slnx")))
            {
                folder = folder.Parent;
            }

            return System.IO.Path.Combine(folder?.FullName ?? throw new InvalidOperationException("The repository was not found above the tests."), "docs", "races", "corpus.md");
        }
    }

    /// <summary>The cells with which an entry's row begins: those that do not vary.</summary>
    public static string Beginning(CorpusEntry entry) =>
        $"| {entry.Name} | {KindOf(entry)} | {(entry.Kind is CorpusKind.Clean ? "holds" : "broken")} |";

    public static string Of(IReadOnlyList<CorpusRow> rows, string postgres)
    {
        var page = new StringBuilder(Head(rows, postgres));
        page.AppendLine("| entry | kind | verdict | anomaly | orders run | bad of these | found after | all orders | bad of all | share |");
        page.AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            page.AppendLine(Line(row));
        }

        var easy = rows.Where(row => row.Entry.Level == 1 && row.Report.FirstFoundIn is not null).Select(row => row.Report.FirstFoundIn!.Value.TotalMilliseconds).Order().ToList();
        page.AppendLine().AppendLine(Invariantly($"Over the {easy.Count} that are easy to find (level 1 in the tests), the median time to the first finding was {easy[easy.Count / 2]:0} ms."));
        page.AppendLine().AppendLine("## The narrow ones").AppendLine();
        page.AppendLine("Of the races whose orders could all be run, these have the smallest share of bad ones. Most of the corpus is wide: almost any order breaks it, and two threads would find it soon. What an explorer adds there is the replay, the reason and the proof that a fix holds. It finds more than threads do where the share is small.").AppendLine();
        page.AppendLine("| entry | bad of all | share | found after |").AppendLine("|---|---|---|---|");
        foreach (var row in rows.Where(row => row.All is { IsExhausted: true, Bad: > 0 } && row.Entry.Kind is not CorpusKind.WrongOneAtATime).OrderBy(row => row.All.Share).Take(Narrow))
        {
            page.AppendLine(Invariantly($"| {row.Entry.Name} | {row.All.Bad} of {row.All.Orders} | {ReportWords.Percent(row.All.Share)} | {Found(row.Report)} |"));
        }

        page.AppendLine().AppendLine("## Fixes").AppendLine();
        page.AppendLine(FixHead).AppendLine();
        page.AppendLine("| entry | held / tried | what held, and its waits |").AppendLine("|---|---|---|");
        foreach (var row in rows.Where(row => row.Report.Findings.Any(finding => finding.Fixes.Count > 0)))
        {
            page.AppendLine(FixLine(row));
        }

        page.AppendLine().AppendLine("## Locks that these actors do not need").AppendLine();
        page.AppendLine(LockHead).AppendLine();
        page.AppendLine("| entry | redundant for these actors |").AppendLine("|---|---|");
        foreach (var row in rows.Where(row => row.Report.RedundantLocks.Count > 0))
        {
            page.AppendLine(Invariantly($"| {row.Entry.Name} | {string.Join("<br>", row.Report.RedundantLocks.Select(found => Escaped($"{found.Actor}: {found.Sql}")))} |"));
        }

        return page.ToString().ReplaceLineEndings("\n");
    }

    private const string FixHead =
        "Each finding's fixes are applied mechanically, and all orders are explored again. A fix has held when no order is bad with it; it says nothing of the rest of the application. In brackets stands what it costs: the share of the statements that had to wait for a lock. Where none held, what mends it is not mechanical: a condition in the UPDATE, or a lock and a second look under it.";

    private const string LockHead =
        "Of the entries that hold, each lock is taken out in turn, and all orders are explored again. These are the locks without which every order still holds. That makes them redundant for these actors, not safe to remove: other operations may need them.";

    private static string Head(IReadOnlyList<CorpusRow> rows, string postgres) => Invariantly($"""
        # The corpus

        {rows.Count} races of real applications, from their public issue trackers, and look-alikes that are safe, rebuilt with the smallest tables and steps that show them. The explorer has to find each that races, with no invariant given, and to hold its peace on each that is safe. [Where each comes from](../../tests/Tiebreak.Races.Tests/Corpus) stands beside it in the tests, which run all of them.

        This page is written by a run:

        ```
        dotnet run --project tests/Tiebreak.Races.Tests -- -explicit only -method "*Writes_the_table*"
        ```

        It was made on {Environment.ProcessorCount} processors with {postgres} and .NET {Environment.Version}, while other programs ran on them. Times and counts of orders run vary a little from run to run; verdicts do not, and a test compares them with this page.

        ## How to read it

        - **kind**: a *bug* races and looks it; a *deceptive* one locks, checks a version or has a unique index, and races all the same; a *limit* consists of single statements that race only while one still runs; a *clean* one looks as if it raced and is safe; a *deadlock* waits in a circle; *wrong one at a time* breaks its invariant without any race.
        - **orders run**: by the explorer with its reduction, the orders one at a time (each twice) among them. "all" means that every relevant order was run; else the bound up to which.
        - **found after**: how many orders, those one at a time included, and how long until the first bad one, set-up of the database not counted.
        - **all orders**: every order of the statements, by brute force, each once. A dash stands where these are too many. **share**: the bad ones among them. A test that starts threads and hopes meets them with that share only if every order were equally likely; those with many switches are not.


        """);

    private static string Line(CorpusRow row)
    {
        var (report, all) = (row.Report, row.All);
        return Invariantly($"{Beginning(row.Entry)} {Anomalies(report)} | {report.Schedules}, {(report.Exhausted ? "all" : Bound(report))} | {report.BadSchedules} | {Found(report)} | {AllOrders(row, all.Orders)} | {AllOrders(row, all.Bad)} | {(IsCounted(row) ? ReportWords.Percent(all.Share) : "–")} |");
    }

    private static string FixLine(CorpusRow row)
    {
        var fixes = row.Report.Findings.SelectMany(finding => finding.Fixes).DistinctBy(fix => fix.What).ToList();
        var held = fixes.Where(fix => fix.Verdict is Verdict.Holds).ToList();
        var what = held.Select(fix => $"{Escaped(fix.What)} ({ReportWords.Percent(fix.BlockedSteps)})");
        return Invariantly($"| {row.Entry.Name} | {held.Count} / {fixes.Count} | {(held.Count == 0 ? "none" : string.Join("<br>", what))} |");
    }

    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    private static string Anomalies(RaceReport report) => report.Findings.Count == 0 ? "–" : string.Join(", ", report.Findings.Select(Title).Distinct(StringComparer.Ordinal));

    private static string Title(Finding finding) => finding.Kind is FindingKind.WrongOneAtATime ? "none" : ReportWords.Title(finding);

    private static string Bound(RaceReport report) => report.Findings.Any(finding => finding.Kind is FindingKind.WrongOneAtATime) ? "one at a time" : report.Bound >= 0 ? Invariantly($"up to {report.Bound} preemptions") : "not all";

    private static string Found(RaceReport report) =>
        report is { FirstFoundAfter: { } orders, FirstFoundIn: { } time } ? Invariantly($"{orders} orders, {time.TotalMilliseconds:0} ms") : "–";

    private static string AllOrders(CorpusRow row, int count) => IsCounted(row) ? Invariantly($"{count}") : "–";

    private static bool IsCounted(CorpusRow row) => row.All.IsExhausted;

    private static string KindOf(CorpusEntry entry) => ReportWords.Plain(entry.Kind);

    private static string Invariantly(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
