using Tiebreak.Races.Resetting;

namespace Tiebreak.Races.Oracles;

/// <summary>
/// What differs between equal runs without meaning anything, learnt from pairs of them: generated ids, which are renamed,
/// and times and the like, which are hidden. Values that stood in the starting rows keep their meaning.
/// </summary>
internal sealed class Masks
{
    private readonly Dictionary<LeafPath, LeafRule> _rules = [];
    private readonly Dictionary<LeafPath, HashSet<string>> _startLeaves;
    private readonly Dictionary<string, HashSet<string>> _startIds = new(StringComparer.Ordinal);

    private readonly IReadOnlySet<string> _ignored;

    private Masks(IEnumerable<OutcomeRecord> start, IReadOnlySet<string> ignored) => (_startLeaves, _ignored) = (ValuesByLeaf(start), ignored);

    /// <summary>Learns from pairs of equal runs, the second of which took other values from sequences and clocks.</summary>
    /// <param name="catalog">Tells keys and foreign keys.</param>
    /// <param name="start">The starting rows of all tables.</param>
    /// <param name="pairs">All rows and answers of both.</param>
    /// <param name="ignored">Parts of answers that do not count, as <c>answer:body.at</c>.</param>
    public static Masks Learn(Catalog catalog, IReadOnlyList<OutcomeRecord> start, IReadOnlyList<(IReadOnlyList<OutcomeRecord> First, IReadOnlyList<OutcomeRecord> Second)> pairs, IReadOnlySet<string> ignored)
    {
        var masks = new Masks(start, ignored);
        foreach (var (first, second) in pairs.SelectMany(pair => pair.First.Where(record => record.IsAnswer).Join(pair.Second, record => record.Source, record => record.Source, (first, second) => (first, second))))
        {
            masks.Unordered.Learn(first, second);
        }

        pairs = [.. pairs.Select(pair => ((IReadOnlyList<OutcomeRecord>)[.. pair.First.Select(masks.Unordered.Mark)], (IReadOnlyList<OutcomeRecord>)[.. pair.Second.Select(masks.Unordered.Mark)]))];
        var seen = pairs.Select(pair => (First: ListsByLeaf(pair.First), Second: ListsByLeaf(pair.Second))).ToList();
        var volatiles = seen
            .SelectMany(pair => pair.First.Keys.Union(pair.Second.Keys).Where(leaf => !SameValues(pair.First, pair.Second, leaf)))
            .Distinct()
            .OrderBy(leaf => leaf.Source, StringComparer.Ordinal).ThenBy(leaf => leaf.Path, StringComparer.Ordinal)
            .ToList();
        var all = pairs.SelectMany(pair => new[] { pair.First, pair.Second }).ToList();

        masks.LearnKeys(catalog, volatiles, seen.SelectMany(pair => new[] { pair.First, pair.Second }).ToList());
        foreach (var leaf in volatiles.Where(leaf => !masks._rules.ContainsKey(leaf)).OrderBy(leaf => masks.AllUuid(leaf, all) ? 0 : 1).ToList())
        {
            masks._rules[leaf] = masks.Choose(leaf, pairs, all);
        }

        return masks;
    }

    /// <summary>Arrays whose order says nothing.</summary>
    public Unordered Unordered { get; } = new();

    /// <summary>The rule for a leaf; <see langword="null"/> where values are compared as they are.</summary>
    public LeafRule? RuleOf(LeafPath leaf) => IsIgnored(leaf) ? new LeafRule.Ignored() : _rules.GetValueOrDefault(leaf);

    private bool IsIgnored(LeafPath leaf) => _ignored.Count > 0 && OutcomeRecord.IsOfAnswer(leaf.Source)
        && leaf.Path.TrimStart('.').ToLowerInvariant() is var path
        && _ignored.Any(known => OutcomeRecord.IsOfAnswer(known) && OutcomeRecord.PathOf(known) is var prefix
            && (prefix.Length == 0 || path == prefix || (path.StartsWith(prefix, StringComparison.Ordinal) && path[prefix.Length] is '.' or '[')));

    /// <summary>Whether the starting rows have this value at this place, so that it is not a product of the run.</summary>
    public bool IsOfStart(LeafPath leaf, string value) => _startLeaves.TryGetValue(leaf, out var values) && values.Contains(value);

    /// <summary>Whether the starting rows have this id.</summary>
    public bool IsStartId(string domain, string value) => _startIds.TryGetValue(domain, out var values) && values.Contains(value);

    /// <summary>By domain the ids that a run has made.</summary>
    public IReadOnlyDictionary<string, HashSet<string>> MadeIds(IEnumerable<OutcomeRecord> records)
    {
        var made = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var (path, leaf) in records.SelectMany(record => record.Leaves()))
        {
            if (leaf.Text is { } value && RuleOf(path) is LeafRule.Id { Domain: var domain } && !IsStartId(domain, value))
            {
                if (!made.TryGetValue(domain, out var ids))
                {
                    made[domain] = ids = new HashSet<string>(StringComparer.Ordinal);
                }

                ids.Add(value);
            }
        }

        return made;
    }

    private void LearnKeys(Catalog catalog, IReadOnlyList<LeafPath> volatiles, IReadOnlyList<Dictionary<LeafPath, List<string?>>> seen)
    {
        var domains = new IdDomains(catalog);
        var columns = catalog.Tables.Values.SelectMany(table => table.Columns.Select(column => (Table: table, Leaf: new LeafPath(table.Name, column)))).ToList();
        var varying = volatiles.ToHashSet();
        bool IsTime(LeafPath leaf) => seen.Any(outcome => outcome.TryGetValue(leaf, out var values) && values.Any(value => value is not null && IdText.LooksLikeTime(value)));
        bool IsKey(CatalogTable table, string column) => table.UniqueKeys.Any(key => key.Contains(column)) || table.ForeignKeys.Any(key => key.Columns.Contains(column));

        var made = columns
            .Where(column => column.Table.GeneratedColumns.Contains(column.Leaf.Path)
                || (varying.Contains(column.Leaf) && IsKey(column.Table, column.Leaf.Path) && !IsTime(column.Leaf)))
            .Select(column => domains.NameOf(column.Leaf))
            .ToHashSet(StringComparer.Ordinal);
        foreach (var (_, leaf) in columns)
        {
            if (domains.NameOf(leaf) is var domain && made.Contains(domain))
            {
                AddIds(leaf, domain);
            }
        }
    }

    private LeafRule Choose(LeafPath leaf, IReadOnlyList<(IReadOnlyList<OutcomeRecord> First, IReadOnlyList<OutcomeRecord> Second)> pairs, IReadOnlyList<IReadOnlyList<OutcomeRecord>> all)
    {
        HashSet<string>? candidates = null;
        foreach (var outcome in all)
        {
            if (NewValues(leaf, outcome) is { Count: > 0 } values)
            {
                var fitting = MadeIds(outcome).Where(domain => values.All(value => domain.Value.Contains(value) || IsStartId(domain.Key, value))).Select(domain => domain.Key);
                candidates = [.. candidates is null ? fitting : candidates.Intersect(fitting)];
            }
        }

        if (candidates is { Count: > 0 })
        {
            return new LeafRule.Reference(candidates.Order(StringComparer.Ordinal).First());
        }

        var isTable = pairs.Count > 0 && !leaf.Source.StartsWith("answer:", StringComparison.Ordinal);
        if (isTable && AllUuid(leaf, all))
        {
            var domain = $"{leaf.Source}.{leaf.Path}";
            AddIds(leaf, domain);
            return _rules[leaf];
        }

        return new LeafRule.Text(PatternOf(leaf, pairs));
    }

    private TextPattern PatternOf(LeafPath leaf, IReadOnlyList<(IReadOnlyList<OutcomeRecord> First, IReadOnlyList<OutcomeRecord> Second)> pairs)
    {
        var pattern = new TextPattern();
        foreach (var (first, second) in pairs)
        {
            var (before, after) = (MadeIds(first), MadeIds(second));
            foreach (var (one, other) in TextPairs.Of(NewValues(leaf, first), NewValues(leaf, second)))
            {
                pattern.Learn(one, other, (word, same) => [.. before.Keys.Where(domain => before[domain].Contains(word) && after.TryGetValue(domain, out var ids) && ids.Contains(same))]);
            }
        }

        return pattern;
    }

    private void AddIds(LeafPath leaf, string domain)
    {
        _rules[leaf] = new LeafRule.Id(domain);
        if (!_startIds.TryGetValue(domain, out var ids))
        {
            _startIds[domain] = ids = new HashSet<string>(StringComparer.Ordinal);
        }

        if (_startLeaves.TryGetValue(leaf, out var values))
        {
            ids.UnionWith(values);
        }
    }

    private bool AllUuid(LeafPath leaf, IReadOnlyList<IReadOnlyList<OutcomeRecord>> all) =>
        all.Select(outcome => NewValues(leaf, outcome)).ToList() is var values && values.Any(list => list.Count > 0) && values.All(list => list.All(IdText.IsUuid));

    private List<string> NewValues(LeafPath leaf, IReadOnlyList<OutcomeRecord> outcome) =>
        [.. outcome.Where(record => record.Source == leaf.Source).SelectMany(record => record.Leaves())
            .Where(found => found.Path == leaf && found.Leaf.Text is { } value && !IsOfStart(leaf, value)).Select(found => found.Leaf.Text!)];

    private static Dictionary<LeafPath, HashSet<string>> ValuesByLeaf(IEnumerable<OutcomeRecord> records) => records
        .SelectMany(record => record.Leaves())
        .Where(found => found.Leaf.Text is not null)
        .GroupBy(found => found.Path)
        .ToDictionary(group => group.Key, group => group.Select(found => found.Leaf.Text!).ToHashSet(StringComparer.Ordinal));

    private static Dictionary<LeafPath, List<string?>> ListsByLeaf(IEnumerable<OutcomeRecord> records) => records
        .SelectMany(record => record.Leaves())
        .GroupBy(found => found.Path)
        .ToDictionary(group => group.Key, group => group.Select(found => found.Leaf.Text).Order(StringComparer.Ordinal).ToList());

    private static bool SameValues(Dictionary<LeafPath, List<string?>> first, Dictionary<LeafPath, List<string?>> second, LeafPath leaf) =>
        first.TryGetValue(leaf, out var a) && second.TryGetValue(leaf, out var b) && a.SequenceEqual(b, StringComparer.Ordinal);
}
