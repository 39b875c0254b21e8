using System.Globalization;
using System.Text;

namespace Tiebreak.Races.Oracles;

/// <summary>
/// Names generated ids by where they stand, so that neither their values nor the order of insertion matters: colour
/// refinement, in which an id's rank is made from the lines that it stands in, whose other ids count by their rank.
/// Ids that are still alike afterwards are told apart one at a time, which for those that stand alike gives the same lines
/// whichever is first.
/// </summary>
internal sealed class IdNames
{
    // Telling ids apart that are all alike costs a refinement each; beyond this many they share a name.
    private const int MostAlike = 64;

    private readonly IReadOnlyList<IReadOnlyList<RecordPart>> _lines;
    private readonly Dictionary<GeneratedId, int> _ranks = [];
    private readonly Dictionary<GeneratedId, List<(int Line, int Part)>> _places = [];

    private IdNames(IReadOnlyList<IReadOnlyList<RecordPart>> lines)
    {
        _lines = lines;
        for (var line = 0; line < lines.Count; line++)
        {
            for (var part = 0; part < lines[line].Count; part++)
            {
                if (lines[line][part].Id is { } id)
                {
                    if (!_places.TryGetValue(id, out var places))
                    {
                        _places[id] = places = [];
                        _ranks[id] = 0;
                    }

                    places.Add((line, part));
                }
            }
        }
    }

    /// <summary>The lines as text, ids by name.</summary>
    public static IEnumerable<string> Write(IReadOnlyList<IReadOnlyList<RecordPart>> lines)
    {
        var names = new IdNames(lines);
        names.Refine();
        for (var i = 0; i < MostAlike && names.TellOneApart(); i++)
        {
            names.Refine();
        }

        var byId = names.Name();
        return lines.Select(line => string.Concat(line.Select(part => part.Id is { } id ? byId[id] : part.Text)));
    }

    private void Refine()
    {
        for (var classes = -1; ;)
        {
            var keys = _places.ToDictionary(
                pair => pair.Key,
                pair => pair.Key.Domain + "\0" + _ranks[pair.Key].ToString("d6", CultureInfo.InvariantCulture) + "\0"
                    + string.Join('\0', pair.Value.Select(place => Text(_lines[place.Line], place.Part)).Order(StringComparer.Ordinal)));
            var ordered = keys.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select((key, rank) => (key, rank)).ToDictionary(pair => pair.key, pair => pair.rank, StringComparer.Ordinal);
            foreach (var (id, key) in keys)
            {
                _ranks[id] = ordered[key];
            }

            if (ordered.Count == classes)
            {
                return;
            }

            classes = ordered.Count;
        }
    }

    /// <summary>Sets the first of the first group of ids that are alike before the others; <see langword="false"/> when none are.</summary>
    private bool TellOneApart()
    {
        var alike = _ranks.GroupBy(pair => pair.Value).Where(group => group.Count() > 1).MinBy(group => group.Key);
        if (alike is null)
        {
            return false;
        }

        var first = alike.First().Key;
        foreach (var id in _ranks.Keys.ToList())
        {
            _ranks[id] = (_ranks[id] * 2) + 1;
        }

        _ranks[first]--;
        return true;
    }

    private Dictionary<GeneratedId, string> Name()
    {
        var names = new Dictionary<GeneratedId, string>();
        foreach (var domain in _ranks.GroupBy(pair => pair.Key.Domain))
        {
            var ranks = domain.Select(pair => pair.Value).Distinct().Order().ToList();
            foreach (var (id, rank) in domain)
            {
                names[id] = $"{Short(domain.Key)}#{ranks.IndexOf(rank) + 1}";
            }
        }

        return names;
    }

    /// <summary><c>public.orders.id</c> reads best as <c>orders</c>.</summary>
    private static string Short(string domain)
    {
        var withoutSchema = domain[(domain.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return withoutSchema.EndsWith(".id", StringComparison.Ordinal) ? withoutSchema[..^3] : withoutSchema;
    }

    private string Text(IReadOnlyList<RecordPart> line, int self)
    {
        var text = new StringBuilder();
        for (var i = 0; i < line.Count; i++)
        {
            // What no value holds marks an id, so that a text which reads like one is not taken for it.
            _ = line[i].Id is { } id
                ? text.Append('\u0001').Append(i == self ? "self" : id.Domain).Append('\u0001').Append(_ranks[id].ToString("d6", CultureInfo.InvariantCulture))
                : text.Append(line[i].Text);
        }

        return text.ToString();
    }
}
