using Tiebreak.Races.Oracles;
using Tiebreak.Races.Resetting;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Oracles;

/// <summary>
/// A tiny language for what a judge is told. Tables: <c>orders(id!, code+, user>users.id, note)</c>, where ! is a generated
/// key, + a unique one, > a foreign key. Outcomes: <c>a=true b=- c!23505 | orders: 1 x 7, 2 y 8 | users:</c>, where - did
/// not take effect, ! failed, ~ is NULL; answers have no blanks in them.
/// </summary>
internal sealed class Histories
{
    private readonly Dictionary<string, CatalogTable> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TableRows> _start;
    private readonly string[] _actors;

    public Histories(string tables, string start, int actors = 2, params string[] ignored)
    {
        foreach (var table in tables.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            Declare(table);
        }

        _actors = [.. Enumerable.Range(0, actors).Select(actor => Schedule.LetterOf(actor).ToString())];
        _start = _tables.ToDictionary(table => table.Key, table => new TableRows(table.Value.Columns, []), StringComparer.Ordinal);
        foreach (var (name, rows) in Rows(start.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            _start[name] = rows;
        }

        Serial = new SerialOutcomes(new Catalog(_tables, new Dictionary<string, IReadOnlyList<string>>(), new HashSet<string>()), _start, _actors, ignored.ToHashSet());
    }

    public SerialOutcomes Serial { get; }

    /// <summary>An order such as <c>ab</c>, what it gave, and what it gave when it was run again.</summary>
    public Histories Order(string order, string first, string? second = null, params string[] broken)
    {
        Serial.Add([.. order.Select(letter => letter - 'a')], Outcome(first, broken), Outcome(second ?? first, broken));
        return this;
    }

    /// <summary>Both orders of two actors, when they lead to the same.</summary>
    public Histories BothOrders(string first, string second) => Order("ab", first, second).Order("ba", first, second);

    public Judgement Judge(string outcome, string[]? broken = null, int[]? cycle = null, params Step[] steps) =>
        new Judge(Serial).Of(new Run(RunEnd.Completed, new Trace(new Schedule(""), steps, []), Outcome(outcome, broken ?? []), DeadlockCycle: cycle));

    public CanonicalOutcome Canonical(string outcome) => Outcome(outcome, []) is var parsed ? Serial.Canonical(parsed, SerialOutcomes.WhoRan(parsed)) : null!;

    public Outcome Outcome(string text, string[] broken)
    {
        var parts = text.Split('|', StringSplitOptions.TrimEntries);
        var ends = new ActorEnd[_actors.Length];
        Array.Fill(ends, new ActorEnd(new ActorAnswer("null"), false));
        foreach (var end in parts[0].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var value = end[2..];
            ends[end[0] - 'a'] = end[1] == '!'
                ? new ActorEnd(new ActorAnswer($"{{\"error\":\"{value}\"}}", Error: "failed " + value, SqlState: value), true)
                : end[1] == '?' ? new ActorEnd(new ActorAnswer($"{{\"error\":\"{value}\"}}", Error: "failed " + value, SqlState: value), false, value)
                : new ActorEnd(new ActorAnswer(value, value == "-"), value != "-");
        }

        return new Outcome(ends, Rows(parts[1..]), broken);
    }

    private Dictionary<string, TableRows> Rows(IEnumerable<string> tables) => tables.Where(table => table.Length > 0).Select(table => table.Split(':', 2)).ToDictionary(
        table => "public." + table[0].Trim(),
        table => new TableRows(
            _tables["public." + table[0].Trim()].Columns,
            [.. table[1].Split(", ", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(row => (IReadOnlyList<string?>)[.. row.Split(' ').Select(cell => cell == "~" ? null : cell)])]),
        StringComparer.Ordinal);

    private void Declare(string table)
    {
        var (name, columns) = (table[..table.IndexOf('(')], table[(table.IndexOf('(') + 1)..^1].Split(',', StringSplitOptions.TrimEntries));
        var names = columns.Select(column => column.Split('>')[0].TrimEnd('!', '+')).ToList();
        _tables["public." + name] = new CatalogTable(
            "public." + name,
            names,
            [.. names.Where((_, i) => columns[i][^1] is '!' or '+').Select(column => (IReadOnlyList<string>)[column])],
            [.. columns.Where(column => column.Contains('>')).Select(column => column.Split('>')).Select(key => new CatalogForeignKey([key[0]], "public." + key[1].Split('.')[0], [key[1].Split('.')[1]]))],
            false,
            names.Where((_, i) => columns[i][^1] == '!').ToHashSet());
    }
}
