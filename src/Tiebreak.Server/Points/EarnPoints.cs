using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>
/// Points come into an account, given directly or by the rules of its program. It contends on the account; two first
/// earns of one account are kept apart by its primary key, which sends the second one back to decide again.
/// </summary>
internal sealed class EarnPoints(IGuard<SystemDb> guard) : SystemOperation<EarnPoints.Request, EarnPoints.State, Outcome<EntryModel>>(guard)
{
    public override string Name => "earn-points";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Account(request.AccountId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var related = scope.Context.Bulk();
        var entries = AccountRows.FindByKey(related, EntryKind.Earn, requests.Select(request => (request.AccountId, request.Identity)));
        var progress = related.Find(requests.Where(request => request.Facts is not null).Select(request => request.AccountId), (AccountProgress one) => one.AccountId);
        var accounts = await AccountRows.SubjectsAsync(scope, requests.Select(request => request.AccountId), related, cancellationToken);
        return new State(accounts) { EntriesByKey = AccountRows.ByKey(entries), Progress = progress.Found };
    }

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var judged = requests.Where(request => request.Facts is not null).Select(request => state.Accounts.GetValueOrDefault(request.AccountId)).Where(account => account?.ProgramId is not null).Distinct().ToList();
        if (judged.Count > 0)
        {
            var bulk = scope.Context.Bulk();
            var found = bulk.Find(judged.Select(account => account!.ProgramId!), (PointsProgram program) => program.Id);
            await bulk.ExecuteAsync(cancellationToken);
            var programs = found.Found.ToDictionary(program => program.Id, StringComparer.Ordinal);
            var progress = state.Progress.ToDictionary(one => (one.AccountId, one.ProgramId));
            foreach (var account in judged)
            {
                state.Standings.Add(account!.Id, new Standing(programs[account.ProgramId!].Rules) { Progress = progress.GetValueOrDefault((account.Id, account.ProgramId!)) });
            }
        }
    }

    public override Outcome<EntryModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (request.Identity.Key is { } key && state.EntriesByKey.TryGetValue((request.AccountId, key), out var first))
        {
            return Outcome<EntryModel>.Again(request.Identity, first.PayloadHash, () => EntryModel.Of(first));
        }

        var account = state.Accounts.GetValueOrDefault(request.AccountId);
        PointsRules.Evaluation? byProgram = null;
        if (request.Facts is { } facts)
        {
            if (account?.ProgramId is null)
            {
                return new Refusal(PointsRefusals.NoProgram);
            }

            var standing = state.Standings[account.Id];
            byProgram = PointsRules.Evaluate(standing.Rules, facts, standing.Progress?.History ?? EarnHistory.None, account.Lifetime, now);
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

        var opened = account ?? state.Open(request.AccountId, now);
        var entry = AccountRules.Earn(opened, points, byProgram, request.Reason, request.Identity, now);
        state.Add(opened, entry, byProgram?.History);
        return EntryModel.Of(entry);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Changed, account => new { account.Balance, account.Lifetime, account.Entries, account.DecidedAt });
        bulk.Insert(state.Opened.OrderBy(account => account.Id, StringComparer.Ordinal));
        bulk.Update(state.Moved, progress => new { progress.LastEarnedOn, progress.StreakDays, progress.DayPoints, progress.MonthPoints });
        bulk.Insert(state.Begun);
        bulk.Insert(state.New);
    }

    /// <summary>What the caller asks for.</summary>
    /// <param name="AccountId">Whose points they are.</param>
    /// <param name="Points">How many; without meaning when there are facts.</param>
    /// <param name="Facts">What the program judges; <see langword="null"/> when the points are given directly.</param>
    /// <param name="Reason">In the caller's words.</param>
    /// <param name="Identity">What makes a repetition known.</param>
    internal sealed record Request(string AccountId, long Points, EarnFacts? Facts, string? Reason, Identity Identity);

    /// <summary>An account's program, and what the account has done under it.</summary>
    internal sealed class Standing(IReadOnlyList<PointsRule> rules)
    {
        public IReadOnlyList<PointsRule> Rules { get; } = rules;

        public AccountProgress? Progress { get; set; }
    }

    /// <summary>The accounts by id, and what the rules judge by.</summary>
    internal sealed class State(Dictionary<string, Account> accounts)
    {
        public Dictionary<string, Account> Accounts { get; } = accounts;

        public Dictionary<(string AccountId, string Key), Entry> EntriesByKey { get; init; } = [];

        /// <summary>What the judged accounts did under any program.</summary>
        public IReadOnlyList<AccountProgress> Progress { get; init; } = [];

        /// <summary>By account; those of the accounts that have a program and are asked to judge facts.</summary>
        public Dictionary<string, Standing> Standings { get; } = new(StringComparer.Ordinal);

        public HashSet<Account> Opened { get; } = [];

        public HashSet<Account> Changed { get; } = [];

        public HashSet<AccountProgress> Begun { get; } = [];

        public HashSet<AccountProgress> Moved { get; } = [];

        public List<Entry> New { get; } = [];

        public Account Open(string accountId, DateTimeOffset now)
        {
            var account = new Account { Id = accountId, CreatedAt = now };
            Accounts.Add(account.Id, account);
            Opened.Add(account);
            return account;
        }

        public void Add(Account account, Entry entry, EarnHistory? history)
        {
            New.Add(entry);
            if (!Opened.Contains(account))
            {
                Changed.Add(account);
            }

            if (entry.IdempotencyKey is { } key)
            {
                EntriesByKey.Add((entry.AccountId, key), entry);
            }

            if (history is not null)
            {
                var standing = Standings[entry.AccountId];
                if (standing.Progress is null)
                {
                    standing.Progress = new AccountProgress { AccountId = entry.AccountId, ProgramId = entry.ProgramId! };
                    Begun.Add(standing.Progress);
                }
                else if (!Begun.Contains(standing.Progress))
                {
                    Moved.Add(standing.Progress);
                }

                standing.Progress.History = history;
            }
        }
    }
}
