using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>Opens an account, or gives one another program or none. It contends on the account.</summary>
internal sealed class PutAccount(IGuard<SystemDb> guard) : SystemOperation<PutAccount.Request, PutAccount.State, Outcome<Saved<AccountModel>>>(guard)
{
    public override string Name => "put-account";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Account(request.AccountId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await AccountRows.SubjectsAsync(scope, requests.Select(request => request.AccountId), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        // A program is never removed, so one that is there stays there without a lock.
        var ids = requests.Select(request => request.ProgramId).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        if (ids.Length > 0)
        {
            state.Programs = await scope.Context.Set<PointsProgram>().Where(program => ids.Contains(program.Id)).Select(program => program.Id).ToHashSetAsync(StringComparer.Ordinal, cancellationToken);
        }
    }

    public override Outcome<Saved<AccountModel>> Decide(State state, Request request, DateTimeOffset now)
    {
        if (request.ProgramId is { } programId && !state.Programs.Contains(programId))
        {
            return new Refusal(PointsRefusals.ProgramNotFound);
        }

        var isNew = !state.Accounts.TryGetValue(request.AccountId, out var account);
        if (account is null)
        {
            account = new Account { Id = request.AccountId, CreatedAt = now };
            state.Accounts.Add(account.Id, account);
            state.Opened.Add(account);
        }
        else if (!state.Opened.Contains(account))
        {
            state.Changed.Add(account);
        }

        account.ProgramId = request.ProgramId;
        account.DecidedAt = now;
        return new Saved<AccountModel>(AccountModel.Of(account), isNew);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Changed, account => new { account.ProgramId, account.DecidedAt });
        bulk.Insert(state.Opened.OrderBy(account => account.Id, StringComparer.Ordinal));
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(string AccountId, string? ProgramId);

    /// <summary>The accounts by id, and which of the programs there are.</summary>
    internal sealed class State(Dictionary<string, Account> accounts)
    {
        public Dictionary<string, Account> Accounts { get; } = accounts;

        public HashSet<string> Programs { get; set; } = [];

        public HashSet<Account> Opened { get; } = [];

        public HashSet<Account> Changed { get; } = [];
    }
}
