using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>Points go out of an account, if it has as many. It contends on the account.</summary>
internal sealed class SpendPoints(IGuard<SystemDb> guard) : SystemOperation<SpendPoints.Request, SpendPoints.State, Outcome<EntryModel>>(guard)
{
    public override string Name => "spend-points";

    public override IEnumerable<string> KeysOf(Request request) => [Keys.Account(request.AccountId)];

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var related = scope.Context.Bulk();
        var entries = AccountRows.FindByKey(related, EntryKind.Spend, requests.Select(request => (request.AccountId, request.Identity)));
        var accounts = await AccountRows.SubjectsAsync(scope, requests.Select(request => request.AccountId), related, cancellationToken);
        return new State(accounts) { EntriesByKey = AccountRows.ByKey(entries) };
    }

    public override Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public override Outcome<EntryModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (request.Identity.Key is { } key && state.EntriesByKey.TryGetValue((request.AccountId, key), out var first))
        {
            return Outcome<EntryModel>.Again(request.Identity, first.PayloadHash, () => EntryModel.Of(first));
        }

        var account = state.Accounts.GetValueOrDefault(request.AccountId);
        if (AccountRules.RefusalToSpend(request.AccountId, account, request.Points) is { } refusal)
        {
            return refusal;
        }

        var entry = AccountRules.Spend(account!, request.Points, request.Reason, request.Identity, now);
        state.Add(account!, entry);
        return EntryModel.Of(entry);
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Changed, account => new { account.Balance, account.Entries, account.DecidedAt });
        bulk.Insert(state.New);
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(string AccountId, long Points, string? Reason, Identity Identity);

    /// <summary>The accounts by id, and the entries of the requests' keys.</summary>
    internal sealed class State(Dictionary<string, Account> accounts)
    {
        public Dictionary<string, Account> Accounts { get; } = accounts;

        public Dictionary<(string AccountId, string Key), Entry> EntriesByKey { get; init; } = [];

        public HashSet<Account> Changed { get; } = [];

        public List<Entry> New { get; } = [];

        public void Add(Account account, Entry entry)
        {
            Changed.Add(account);
            New.Add(entry);
            if (entry.IdempotencyKey is { } key)
            {
                EntriesByKey.Add((entry.AccountId, key), entry);
            }
        }
    }
}
