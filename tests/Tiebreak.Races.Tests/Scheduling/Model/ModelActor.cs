using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Scheduling.Model;

/// <summary>What an actor of the model does.</summary>
/// <param name="Statements">In order.</param>
/// <param name="IsTransaction">Whether they stand in one transaction, with a commit at its end; else each commits itself.</param>
internal sealed record ModelProgram(IReadOnlyList<ModelStatement> Statements, bool IsTransaction = true);

/// <summary>An actor of the model in a run.</summary>
internal sealed class ModelActor(int index, ModelProgram program, ModelDatabase database)
{
    private readonly List<string> _answers = [];
    private bool _rollsBack;

    public int Index => index;

    public ModelDatabase Database => database;

    public ModelTransaction Transaction { get; private set; } = new(index);

    public int LastRead { get; set; }

    public int Next { get; private set; }

    public bool HasEnded { get; private set; }

    public string Answer => string.Join(' ', _answers);

    public StepKind Kind => _rollsBack ? StepKind.Rollback : Next == program.Statements.Count ? StepKind.Commit : StepKind.Statement;

    public bool IsAutocommit => !program.IsTransaction && Kind == StepKind.Statement;

    public string Sql => Kind switch
    {
        StepKind.Rollback => "ROLLBACK",
        StepKind.Commit => "COMMIT",
        _ => program.Statements[Next].Sql(this),
    };

    public IEnumerator<IReadOnlyList<ModelTransaction>> Begin(List<RowChange> changes)
    {
        return (Kind == StepKind.Statement ? program.Statements[Next].Run(this, changes) : []).GetEnumerator();
    }

    /// <summary>The statement came back; returns whether that ended a transaction.</summary>
    public bool Finish(StepKind kind, int changes, string? error)
    {
        _answers.Add(error ?? (kind == StepKind.Statement ? $"{LastRead}/{changes}" : kind.ToString()));
        var ends = error is not null || kind != StepKind.Statement || !program.IsTransaction;
        if (ends)
        {
            database.End(Transaction, commits: error is null && kind != StepKind.Rollback);
            Transaction = new ModelTransaction(index);
        }

        if (error is not null)
        {
            _rollsBack = program.IsTransaction;
            HasEnded = !program.IsTransaction;
            return true;
        }

        var stops = kind == StepKind.Statement && program.Statements[Next].StopsWhenTaken && LastRead > 0;
        Next++;
        _rollsBack = stops && program.IsTransaction;
        HasEnded = kind != StepKind.Statement || (!program.IsTransaction && (stops || Next == program.Statements.Count));
        return ends;
    }
}
