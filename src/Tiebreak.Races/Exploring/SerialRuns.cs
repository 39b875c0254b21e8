using Tiebreak.Races.Findings;
using Tiebreak.Races.Explaining;
using Tiebreak.Races.Oracles;
using Tiebreak.Races.Scheduling;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Exploring;

/// <summary>The orders one at a time: runs those that a judgement needs, each twice, and judges by them.</summary>
internal sealed class SerialRuns
{
    // Between two equal runs every value that comes from a sequence differs by this, so that it is known for what it is.
    private const long SequenceStep = 1_000_003;

    private readonly Laboratory _laboratory;
    private readonly RunnerOptions _options;
    private readonly SerialOutcomes _outcomes;
    private readonly Judge _judge;
    private readonly List<OrderOneAtATime> _answers = [];

    private SerialRuns(Laboratory laboratory, RunnerOptions options, SerialOutcomes outcomes)
    {
        _laboratory = laboratory;
        _options = options;
        _outcomes = outcomes;
        _judge = new Judge(outcomes);
    }

    /// <summary>How many runs were made.</summary>
    public int Count { get; private set; }

    /// <summary>How many different outcomes the orders of all actors have.</summary>
    public int Outcomes => _outcomes.Distinct;

    /// <summary>The runs of all actors, one for each order, as traces of an exploration.</summary>
    public List<Run> Complete { get; } = [];

    /// <summary>Each order of all actors with their answers.</summary>
    public IReadOnlyList<OrderOneAtATime> Answers => [.. _answers];

    /// <summary>What is not compared.</summary>
    public IReadOnlyList<MaskedValue> Masked => _outcomes.Masked;

    /// <summary>Why an order that breaks nothing says nothing, if so: an answer of which nothing is compared may have been any.</summary>
    public string? NothingLeft => _outcomes.Emptied is [var name, ..]
        ? $"Of {name}'s answer nothing is compared: all of it differs between two equal runs. Let it answer something that tells what was done, or say with Ignore(\"answer:...\") which part of it does not count."
        : null;

    /// <summary>Why nothing can be said, if so.</summary>
    public string? Reason { get; private set; }

    /// <summary>Runs every order of all actors.</summary>
    public static async Task<SerialRuns> CreateAsync(Laboratory laboratory, RunnerOptions options, CancellationToken cancellationToken)
    {
        await laboratory.Database.ResetAsync(cancellationToken).ConfigureAwait(false);
        var start = await laboratory.Database.ReadAllRowsAsync(cancellationToken).ConfigureAwait(false);
        string[] names = [.. laboratory.Scenario.Actors.Select(actor => actor.Name)];
        var serial = new SerialRuns(laboratory, options, new SerialOutcomes(laboratory.Database.Catalog, start, names, laboratory.Scenario.Ignored));
        foreach (var order in SerialOutcomes.OrdersOf([.. Enumerable.Range(0, names.Length)]))
        {
            await serial.RunTwiceAsync(order, cancellationToken).ConfigureAwait(false);
            if (serial.Reason is not null)
            {
                return serial;
            }
        }

        serial.Reason = serial.WhyNothingIsCompared(names) ?? (serial._outcomes.FindUnstable() is [var first, ..]
            ? $"An order one at a time does not lead to the same twice ({first}). Leave out the column with Ignore, or make the actor do the same each time."
            : null);
        return serial;
    }

    /// <summary>The invariants that even an order one at a time breaks, each with such a run.</summary>
    public IReadOnlyList<FoundRun> Broken() =>
        [.. _judge.OfSerialOrders().Select(judgement => new FoundRun(Complete.First(run => run.Outcome!.BrokenInvariants.Contains(judgement.Invariant!)), judgement))];

    /// <summary>Whether every order of all actors leads to what it leads to in other runs of these actors.</summary>
    public bool AreAlike(SerialRuns other) => _outcomes.Complete.SequenceEqual(other._outcomes.Complete);

    /// <summary>What is to be said of a run; <see langword="null"/> when it breaks nothing.</summary>
    public async Task<Judgement?> JudgeAsync(Run run, CancellationToken cancellationToken)
    {
        foreach (var order in _outcomes.Missing(run.Outcome!))
        {
            await RunTwiceAsync(order, cancellationToken).ConfigureAwait(false);
            if (Reason is not null)
            {
                return null;
            }
        }

        var judgement = _judge.Of(run);
        return judgement.Holds ? null : judgement;
    }

    /// <summary>An actor that never reaches the database, or that fails whatever the order, cannot race: nothing would be shown.</summary>
    private string? WhyNothingIsCompared(string[] names)
    {
        for (var actor = 0; actor < names.Length; actor++)
        {
            if (Complete.TrueForAll(run => run.Trace.Steps.All(step => step.Actor != actor)))
            {
                return $"{names[actor]} sent no statement through its gate, and answered {Complete[0].Outcome!.Ends[actor].Answer.Error ?? Complete[0].Outcome!.Ends[actor].Answer.Text}. Let it use the connection string that it is given, and none of its own.";
            }

            if (Complete.TrueForAll(run => run.Outcome!.Ends[actor].Answer.Error is not null))
            {
                return $"{names[actor]} fails in every order one at a time ({Complete[0].Outcome!.Ends[actor].Answer.Error}). Mend that first; a refusal that is meant is an answer, not an exception.";
            }
        }

        return null;
    }

    /// <summary>What was said of a run, also when it breaks nothing.</summary>
    public Judgement Of(Run run) => _judge.Of(run);

    /// <summary>
    /// Runs the first order once more: where it ends otherwise than before, something changed that is not in the database, and
    /// what was found may be of that; why, or <see langword="null"/>.
    /// </summary>
    public async Task<string?> DriftAsync(CancellationToken cancellationToken)
    {
        if (_outcomes.All.FirstOrDefault(order => order.Order.Count == _laboratory.Scenario.Actors.Count) is not { } first || await RunAsync(first.Order, cancellationToken).ConfigureAwait(false) is not { } again)
        {
            return null;
        }

        Complete.RemoveAt(Complete.Count - 1);
        var differences = Differences.Between(first.Outcome, _outcomes.Canonical(again, first.Order));
        return differences.Count == 0 ? null
            : $"{string.Join(", then ", first.Order.Select(actor => _laboratory.Scenario.Actors[actor].Name))} one at a time end otherwise now than at the beginning ({string.Join("; ", differences.Take(4))}): something changed inside the application, a rate limiter or a cache in its memory for example, and what was found may be of that. Turn it off, and explore again.";
    }

    private async Task RunTwiceAsync(IReadOnlyList<int> order, CancellationToken cancellationToken)
    {
        if (await RunAsync(order, cancellationToken).ConfigureAwait(false) is not { } first)
        {
            return;
        }

        await _laboratory.Database.ResetAsync(cancellationToken).ConfigureAwait(false);
        await _laboratory.Database.AdvanceSequencesAsync(SequenceStep, cancellationToken).ConfigureAwait(false);
        if (await RunAsync(order, cancellationToken).ConfigureAwait(false) is { } second)
        {
            _outcomes.Add(order, first, second);
            if (order.Count == _laboratory.Scenario.Actors.Count)
            {
                _answers.Add(new OrderOneAtATime([.. order.Select(actor => _laboratory.Scenario.Actors[actor].Name)], [.. order.Select(actor => AnswerForReading.Of(first.Ends[actor].Answer.Text))]));
            }
        }
    }

    private async Task<Outcome?> RunAsync(IReadOnlyList<int> order, CancellationToken cancellationToken)
    {
        Count++;
        var runner = _laboratory.Runner(order, _options);
        var run = await runner.RunAsync(new SerialPicker([.. Enumerable.Range(0, order.Count)]), cancellationToken).ConfigureAwait(false);
        if (run.Outcome is not { } outcome)
        {
            Reason = run.Reason ?? "A run one at a time did not end.";
            return null;
        }

        var ends = Enumerable.Repeat(new ActorEnd(new Scenarios.ActorAnswer("null"), TookEffect: false), _laboratory.Scenario.Actors.Count).ToArray();
        for (var position = 0; position < order.Count; position++)
        {
            ends[order[position]] = outcome.Ends[position];
        }

        outcome = outcome with { Ends = ends };
        if (order.Count == ends.Length)
        {
            Complete.Add(run with { Trace = Renamed(run.Trace, order), Outcome = outcome });
        }

        return outcome;
    }

    /// <summary>The trace with the actors by their place in the scenario.</summary>
    private static Trace Renamed(Trace trace, IReadOnlyList<int> order) => new(
        new Schedule(string.Concat(trace.Schedule.ToString().Select(letter => Schedule.LetterOf(order[letter - 'a'])))),
        [.. trace.Steps.Select(step => step with { Actor = order[step.Actor], BlockedBy = [.. step.BlockedBy.Select(by => order[by])] })],
        [.. trace.Ready.Select(ready => (IReadOnlyList<int>)[.. ready.Select(actor => order[actor]).Order()])]);
}
