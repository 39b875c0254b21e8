using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Reports;

/// <summary>A timeline as text: one column an actor, time downwards.</summary>
internal sealed class ConsoleTimeline(Finding finding, IReadOnlyList<string> actors, int width)
{
    private const int Margin = 6;
    private const int Gap = 3;

    private readonly int _column = Math.Max(20, (width - Margin - (Gap * (actors.Count - 1))) / Math.Max(1, actors.Count));
    private readonly bool[] _waits = new bool[actors.Count];

    public IEnumerable<string> Lines()
    {
        yield return Row("", index => actors[index]);
        yield return Row("", index => new string('-', Math.Min(_column, Math.Max(3, actors[index].Length))));
        for (var position = 0; position < finding.Timeline.Count; position++)
        {
            var entry = finding.Timeline[position];
            var actor = IndexOf(entry.Actor);
            if (actor < 0)
            {
                continue;
            }

            var head = $"{(finding.Culprits.Contains(position) ? "=>" : ""),2}{position + 1,3}";
            foreach (var text in Texts(entry, _waits[actor]))
            {
                yield return Row(head, index => index == actor ? text : _waits[index] ? "|" : "");
                head = "";
            }

            _waits[actor] = entry.Event == TimelineEvent.Blocked;
        }
    }

    private IEnumerable<string> Texts(TimelineEntry entry, bool waited) => entry.Event switch
    {
        TimelineEvent.Done => [.. Wrapped(entry.Sql), .. ReportWords.AddsToStatement(entry) ? Wrapped($"-> {entry.Result}") : []],
        TimelineEvent.Blocked => [.. Wrapped(entry.Sql), .. Wrapped($"... waits for {ReportWords.And(entry.BlockedBy)}")],
        TimelineEvent.Resumed => Wrapped($"... goes on -> {entry.Result}"),
        TimelineEvent.Failed when waited => Wrapped($"... goes on and fails -> {entry.Result}"),
        TimelineEvent.Failed => [.. Wrapped(entry.Sql), .. Wrapped($"fails -> {entry.Result}")],
        _ => Wrapped($"ends: {entry.Sql}"),
    };

    private IReadOnlyList<string> Wrapped(string text) => TextWrap.At(text, _column, mostLines: 8);

    private string Row(string head, Func<int, string> cell)
    {
        var cells = Enumerable.Range(0, actors.Count).Select(index => cell(index).PadRight(_column));
        return (head.PadRight(Margin) + string.Join(new string(' ', Gap), cells)).TrimEnd();
    }

    private int IndexOf(string name)
    {
        for (var index = 0; index < actors.Count; index++)
        {
            if (actors[index] == name)
            {
                return index;
            }
        }

        return -1;
    }
}
