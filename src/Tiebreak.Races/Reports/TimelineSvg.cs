using System.Globalization;
using System.Net;
using System.Text;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Reports;

/// <summary>Draws a timeline: one lane an actor, time downwards, a bar where an actor waits.</summary>
/// <param name="finding">What is drawn.</param>
/// <param name="actors">In the order of their lanes.</param>
/// <param name="id">Begins the names that the drawing gives; unique on the page.</param>
/// <param name="narrow">Whether it is for a phone: the lanes close together, and all statements in one column that says whose they are.</param>
internal sealed class TimelineSvg(Finding finding, IReadOnlyList<string> actors, string id, bool narrow = false)
{
    private const int Left = 44;
    private const int LineHeight = 17;

    // All of them fit into the page's width. A letter of the page's font is a bit less than eight wide.
    private readonly int _lane = narrow ? 18 : WideLane(actors.Count);
    private readonly int _card = narrow ? 240 : WideLane(actors.Count) - 40;
    private readonly int _letters = narrow ? 28 : (WideLane(actors.Count) - 60) * 10 / 79;
    private readonly StringBuilder _marks = new();
    private readonly int[] _waitsFrom = [.. Enumerable.Repeat(-1, actors.Count)];
    private int _y = narrow ? 10 : 44;

    public string Draw()
    {
        for (var position = 0; position < finding.Timeline.Count; position++)
        {
            Mark(position, finding.Timeline[position]);
        }

        foreach (var actor in Enumerable.Range(0, actors.Count).Where(actor => _waitsFrom[actor] >= 0))
        {
            Bar(actor, _y - 8);
        }

        var (width, height) = (narrow ? CardX(0) + _card + 2 : Left + (actors.Count * _lane) + 6, _y + 6);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">");
        svg.Append(CultureInfo.InvariantCulture, $"<title id=\"{id}-t\">Timeline of {Html(ReportWords.And(actors))}: {Html(ReportWords.Title(finding))}</title>");
        svg.Append(CultureInfo.InvariantCulture, $"<desc id=\"{id}-d\">One lane an actor, time downwards. {Html(finding.Explanation)} The same as a table follows.</desc>");
        for (var actor = 0; actor < actors.Count; actor++)
        {
            var x = X(actor);
            if (!narrow)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<text class=\"who\" x=\"{x - 6}\" y=\"20\">{Html(actors[actor])}</text>");
            }

            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"lane\" x1=\"{x}\" y1=\"{(narrow ? 0 : 30)}\" x2=\"{x}\" y2=\"{height - 6}\"/>");
        }

        return svg.Append(_marks).Append("</svg>").ToString();
    }

    private void Mark(int position, TimelineEntry entry)
    {
        var actor = IndexOf(entry.Actor);
        if (actor < 0)
        {
            return;
        }

        var culprit = finding.Culprits.Contains(position);
        var waited = _waitsFrom[actor] >= 0;
        var lines = Lines(entry, waited);
        if (narrow)
        {
            lines.Insert(0, (entry.Actor, "who"));
        }

        var height = (lines.Count * LineHeight) + 12;
        if (waited)
        {
            Bar(actor, _y + 12);
        }

        _marks.Append(CultureInfo.InvariantCulture, $"<text class=\"no\" x=\"4\" y=\"{_y + 17}\">{position + 1}</text>");
        _marks.Append(CultureInfo.InvariantCulture, $"<rect class=\"card{(culprit ? " culprit" : "")}\" x=\"{CardX(actor)}\" y=\"{_y}\" width=\"{_card}\" height=\"{height}\" rx=\"5\"/>");
        Dot(actor, entry.Event, culprit);
        for (var line = 0; line < lines.Count; line++)
        {
            var (text, style) = lines[line];
            _marks.Append(CultureInfo.InvariantCulture, $"<text class=\"{style}\" x=\"{CardX(actor) + 10}\" y=\"{_y + 18 + (line * LineHeight)}\">{Html(text)}</text>");
        }

        _waitsFrom[actor] = entry.Event == TimelineEvent.Blocked ? _y + 12 : -1;
        _y += height + 8;
    }

    private List<(string Text, string Style)> Lines(TimelineEntry entry, bool waited)
    {
        var lines = new List<(string, string)>();
        if (entry.Event is TimelineEvent.Done or TimelineEvent.Blocked || (entry.Event == TimelineEvent.Failed && !waited))
        {
            Add(entry.Sql, "sql");
        }

        switch (entry.Event)
        {
            case TimelineEvent.Done when ReportWords.AddsToStatement(entry):
                Add($"\u2192 {entry.Result}", "res");
                break;
            case TimelineEvent.Blocked:
                Add($"waits for {ReportWords.And(entry.BlockedBy)}", "wait");
                break;
            case TimelineEvent.Resumed:
                Add($"goes on \u2192 {entry.Result}", "res");
                break;
            case TimelineEvent.Failed:
                Add($"{(waited ? "goes on and fails" : "fails")} \u2192 {entry.Result}", "err");
                break;
            case TimelineEvent.Ended:
                Add($"ends: {entry.Sql}", "end");
                break;
        }

        return lines;

        void Add(string text, string style) => lines.AddRange(TextWrap.At(text, _letters, mostLines: narrow ? 9 : 6).Select(line => (line, style)));
    }

    private void Dot(int actor, TimelineEvent what, bool culprit)
    {
        var (x, y) = (X(actor), _y + 12);
        _marks.Append(what switch
        {
            TimelineEvent.Failed => string.Create(CultureInfo.InvariantCulture, $"<path class=\"cross\" d=\"M{x - 6} {y - 6}l12 12m0 -12l-12 12\"/>"),
            TimelineEvent.Ended => string.Create(CultureInfo.InvariantCulture, $"<rect class=\"stop\" x=\"{x - 5}\" y=\"{y - 5}\" width=\"10\" height=\"10\"/>"),
            TimelineEvent.Blocked => string.Create(CultureInfo.InvariantCulture, $"<circle class=\"hold\" cx=\"{x}\" cy=\"{y}\" r=\"6\"/>"),
            _ => string.Create(CultureInfo.InvariantCulture, $"<circle class=\"dot{(culprit ? " culprit" : "")}\" cx=\"{x}\" cy=\"{y}\" r=\"6\"/>"),
        });
    }

    private void Bar(int actor, int to) =>
        _marks.Insert(0, string.Create(CultureInfo.InvariantCulture, $"<rect class=\"blocked\" x=\"{X(actor) - 5}\" y=\"{_waitsFrom[actor]}\" width=\"10\" height=\"{Math.Max(0, to - _waitsFrom[actor])}\"/>"));

    private static int WideLane(int actors) => actors switch { <= 2 => 412, 3 => 374, _ => 282 };

    private int X(int actor) => Left + (actor * _lane) + (narrow ? -14 : 10);

    private int CardX(int actor) => X(narrow ? actors.Count - 1 : actor) + 14;

    private int IndexOf(string name) => Enumerable.Range(0, actors.Count).FirstOrDefault(index => actors[index] == name, -1);

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
