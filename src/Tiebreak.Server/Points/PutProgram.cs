using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>
/// Makes a program or replaces its rules. An earn under way goes by the rules that it has read; the next one goes by
/// the new ones.
/// </summary>
internal sealed class PutProgram(IGuard<SystemDb> guard) : SystemOperation<PutProgram.Request, PutProgram.State, Outcome<Saved<ProgramModel>>>(guard)
{
    private static readonly Subject<PointsProgram, string> Programs = new(program => program.Id, Keys.Program) { Tracked = false, DecidedAt = program => program.UpdatedAt };

    public override string Name => "put-program";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Program(request.ProgramId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await scope.ReadSubjectsAsync(Programs, requests.Select(request => request.ProgramId), cancellationToken: cancellationToken));

    public override Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public override Outcome<Saved<ProgramModel>> Decide(State state, Request request, DateTimeOffset now)
    {
        var isNew = !state.Programs.TryGetValue(request.ProgramId, out var program);
        if (program is null)
        {
            program = new PointsProgram { Id = request.ProgramId, Rules = request.Rules, CreatedAt = now, UpdatedAt = now };
            state.Programs.Add(program.Id, program);
            state.New.Add(program);
        }
        else if (!state.New.Contains(program))
        {
            state.Changed.Add(program);
        }

        program.Rules = request.Rules;
        program.UpdatedAt = now;
        return new Saved<ProgramModel>(ProgramModel.Of(program), isNew);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Changed, program => new { program.Rules, program.UpdatedAt });
        bulk.Insert(state.New.OrderBy(program => program.Id, StringComparer.Ordinal));
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(string ProgramId, IReadOnlyList<PointsRule> Rules);

    /// <summary>The programs by id.</summary>
    internal sealed class State(Dictionary<string, PointsProgram> programs)
    {
        public Dictionary<string, PointsProgram> Programs { get; } = programs;

        public HashSet<PointsProgram> New { get; } = [];

        public HashSet<PointsProgram> Changed { get; } = [];
    }
}
