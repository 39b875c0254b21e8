using Microsoft.EntityFrameworkCore;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Points;

/// <summary>
/// Points come into an account, given directly or by the rules of its program. It contends on the account; two first
/// earns of one account are kept apart by its primary key, which sends the second one back to decide again.
/// </summary>
internal sealed class EarnPoints(IGuard<TiebreakDb> guard) : SystemOperation<EarnPoints.Request, EarnPoints.State, Outcome<EntryModel>>(guard)
{
    public override string Name => "earn-points";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Account(request.AccountId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<TiebreakDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await AccountRows.SubjectsAsync(scope, requests.Select(request => request.AccountId), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<TiebreakDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var db = scope.Context;
        state.EntriesByKey = await AccountRows.EntriesByKeyAsync(db, EntryKind.Earn, requests.Select(request => (request.AccountId, request.Identity)), cancellationToken);

        var judged = requests.Where(request => request.Facts is not null).Select(request => state.Accounts.GetValueOrDefault(request.AccountId))
            .OfType<Account>().Where(account => account.ProgramId is not null).Distinct().ToList();
        if (judged.Count > 0)
        {
            var accountIds = judged.Select(account => account.Id).ToArray();
            var programIds = judged.Select(account => account.ProgramId!).Distinct(StringComparer.Ordinal).ToArray();
            state.Programs = await db.Programs.AsNoTracking().Where(program => programIds.Contains(program.Id))
                .ToDictionaryAsync(program => program.Id, StringComparer.Ordinal, cancellationToken);
            state.Progress = await db.AccountProgress.Where(progress => accountIds.Contains(progress.AccountId) && programIds.Contains(progress.ProgramId))
                .ToDictionaryAsync(progress => (progress.AccountId, progress.ProgramId), cancellationToken);
        }
    }

    public override Outcome<EntryModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (request.Identity.Key is { } key && state.EntriesByKey.TryGetValue((request.AccountId, key), out var first))
        {
            return request.Identity.SamePayloadAs(first.PayloadHash)
                ? Outcome<EntryModel>.Replay(EntryModel.Of(first))
                : new Refusal(SharedRefusals.IdempotencyKeyReused);
        }

        var account = state.Accounts.GetValueOrDefault(request.AccountId);
        PointsRules.Evaluation? byProgram = null;
        if (request.Facts is { } facts)
        {
            if (account?.ProgramId is not { } programId)
            {
                return new Refusal(PointsRefusals.NoProgram);
            }

            byProgram = PointsRules.Evaluate(state.Programs[programId].Rules, facts, state.HistoryOf(account), account.Lifetime, now);
            if (byProgram is null)
            {
                return new Refusal(PointsRefusals.BalanceLimit);
            }
        }

        var points = byProgram?.Points ?? request.Points;
        if (AccountRules.RefusalToEarn(account, points) is { } refusal)
        {
            return refusal;
        }

        var entry = AccountRules.Earn(account ?? state.Open(request.AccountId, now), points, byProgram, request.Reason, request.Identity, now);
        state.Add(entry, byProgram?.History);
        return EntryModel.Of(entry);
    }

    public override Task SaveAsync(OperationScope<TiebreakDb> scope, State state, CancellationToken cancellationToken)
    {
        scope.Context.Accounts.AddRange(state.Opened);
        scope.Context.AccountProgress.AddRange(state.Begun);
        scope.Context.Entries.AddRange(state.New);
        return base.SaveAsync(scope, state, cancellationToken);
    }

    /// <summary>What the caller asks for.</summary>
    /// <param name="AccountId">Whose points they are.</param>
    /// <param name="Points">How many; without meaning when there are facts.</param>
    /// <param name="Facts">What the program judges; <see langword="null"/> when the points are given directly.</param>
    /// <param name="Reason">In the caller's words.</param>
    /// <param name="Identity">What makes a repetition known.</param>
    internal sealed record Request(string AccountId, long Points, EarnFacts? Facts, string? Reason, Identity Identity);

    /// <summary>The accounts by id, and what the rules judge by.</summary>
    internal sealed class State(Dictionary<string, Account> accounts)
    {
        public Dictionary<string, Account> Accounts { get; } = accounts;

        public Dictionary<(string AccountId, string Key), Entry> EntriesByKey { get; set; } = [];

        public Dictionary<string, PointsProgram> Programs { get; set; } = [];

        public Dictionary<(string AccountId, string ProgramId), AccountProgress> Progress { get; set; } = [];

        public List<Account> Opened { get; } = [];

        public List<AccountProgress> Begun { get; } = [];

        public List<Entry> New { get; } = [];

        public EarnHistory HistoryOf(Account account) => Progress.TryGetValue((account.Id, account.ProgramId!), out var progress) ? progress.History : EarnHistory.None;

        public Account Open(string accountId, DateTimeOffset now)
        {
            var account = new Account { Id = accountId, CreatedAt = now };
            Accounts.Add(account.Id, account);
            Opened.Add(account);
            return account;
        }

        public void Add(Entry entry, EarnHistory? history)
        {
            New.Add(entry);
            if (entry.IdempotencyKey is { } key)
            {
                EntriesByKey.Add((entry.AccountId, key), entry);
            }

            if (history is not null)
            {
                if (!Progress.TryGetValue((entry.AccountId, entry.ProgramId!), out var progress))
                {
                    progress = new AccountProgress { AccountId = entry.AccountId, ProgramId = entry.ProgramId! };
                    Progress.Add((progress.AccountId, progress.ProgramId), progress);
                    Begun.Add(progress);
                }

                progress.History = history;
            }
        }
    }
}
