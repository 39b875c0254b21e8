using System.Globalization;
using Tiebreak.Bulk;
using Tiebreak.Operations;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>
/// Points go from one account to another. It contends on both, taken in sorted order. Its idempotency record stands
/// beside the entries: a key has to be found again whichever accounts the payload then names.
/// </summary>
internal sealed class TransferPoints(IGuard<SystemDb> guard) : SystemOperation<TransferPoints.Request, TransferPoints.State, Outcome<TransferModel>>(guard)
{
    private const string Route = "/v1/transfers";

    public override string Name => "transfer-points";

    public override IEnumerable<string> KeysOf(Request request) =>
        new[] { Keys.Account(request.FromAccountId), Keys.Account(request.ToAccountId) }.Order(StringComparer.Ordinal);

    public override async Task<State> LoadSubjectsAsync(OperationScope<SystemDb> scope, IReadOnlyList<Request> requests, CancellationToken cancellationToken) =>
        new(await AccountRows.SubjectsAsync(scope, requests.SelectMany(request => new[] { request.FromAccountId, request.ToAccountId }), cancellationToken));

    public override async Task LoadRelatedAsync(OperationScope<SystemDb> scope, State state, IReadOnlyList<Request> requests, CancellationToken cancellationToken)
    {
        var db = scope.Context;
        state.Keys = await RequestKeys.LoadAsync(db, [.. requests.Select(request => (request.Identity, Route))], cancellationToken);
        var again = new Dictionary<string, ((string AccountId, long Sequence) From, (string AccountId, long Sequence) To)>(StringComparer.Ordinal);
        foreach (var request in requests)
        {
            // With the same payload the accounts are the same, so the record need not repeat them.
            if (state.Keys.Find(request.Identity, Route) is { } record && request.Identity.SamePayloadAs(record.PayloadHash))
            {
                var (fromSequence, toSequence) = ParseRecordId(record.RecordId);
                again[record.RecordId] = ((request.FromAccountId, fromSequence), (request.ToAccountId, toSequence));
            }
        }

        var entries = await AccountRows.EntriesAsync(db, [.. again.Values.SelectMany(pair => new[] { pair.From, pair.To })], cancellationToken);
        foreach (var (recordId, (from, to)) in again)
        {
            state.Made.Add(recordId, TransferModel.Of(entries[from], entries[to]));
        }
    }

    public override Outcome<TransferModel> Decide(State state, Request request, DateTimeOffset now)
    {
        if (state.Keys.Find(request.Identity, Route) is { } first)
        {
            return Outcome<TransferModel>.Again(request.Identity, first.PayloadHash, () => state.Made[first.RecordId]);
        }

        var from = state.Accounts.GetValueOrDefault(request.FromAccountId);
        var to = state.Accounts.GetValueOrDefault(request.ToAccountId);
        if ((AccountRules.RefusalToSpend(request.FromAccountId, from, request.Points) ?? AccountRules.RefusalToReceive(request.ToAccountId, to, request.Points)) is { } refusal)
        {
            return refusal;
        }

        var (taken, given) = AccountRules.Transfer(from!, to!, request.Points, request.Reason, now);
        var recordId = RecordId(taken, given);
        var transfer = TransferModel.Of(taken, given);
        state.New.AddRange([taken, given]);
        state.Changed.UnionWith([from!, to!]);
        state.Made[recordId] = transfer;
        state.Keys.Add(request.Identity, Route, recordId, now);
        return transfer;
    }

    protected override void Save(BulkBatch bulk, State state)
    {
        bulk.Update(state.Changed, account => new { account.Balance, account.Entries, account.DecidedAt });
        bulk.Insert(state.New);
        state.Keys.AddTo(bulk);
    }

    /// <summary>The transfer's own id makes it unique; the numbers find the entries by their primary key.</summary>
    private static string RecordId(Entry from, Entry to) => string.Create(CultureInfo.InvariantCulture, $"{from.TransferId:d}:{from.Sequence}:{to.Sequence}");

    private static (long FromSequence, long ToSequence) ParseRecordId(string recordId)
    {
        var parts = recordId.Split(':');
        return (long.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    /// <summary>What the caller asks for.</summary>
    internal sealed record Request(string FromAccountId, string ToAccountId, long Points, string? Reason, Identity Identity);

    /// <summary>The accounts by id, the idempotency records, and the transfers that they name.</summary>
    internal sealed class State(Dictionary<string, Account> accounts)
    {
        public Dictionary<string, Account> Accounts { get; } = accounts;

        public RequestKeys Keys { get; set; } = new();

        public Dictionary<string, TransferModel> Made { get; } = new(StringComparer.Ordinal);

        public HashSet<Account> Changed { get; } = [];

        public List<Entry> New { get; } = [];
    }
}
