using Microsoft.EntityFrameworkCore;
using Tiebreak.Bulk;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Systems;

/// <summary>The idempotency records that a list of requests meets, those of its own earlier requests included.</summary>
internal sealed class RequestKeys
{
    private readonly Dictionary<(string Key, string Route), RequestKey> _records = [];
    private readonly List<RequestKey> _made = [];

    /// <summary>Reads the records of those requests that carry a key.</summary>
    public static async Task<RequestKeys> LoadAsync(SystemDb db, IReadOnlyList<(Identity Identity, string Route)> requests, CancellationToken cancellationToken)
    {
        var found = new RequestKeys();
        var keys = requests.Where(request => request.Identity.Key is not null).Select(request => request.Identity.Key!).Distinct(StringComparer.Ordinal).ToArray();
        var routes = requests.Select(request => request.Route).Distinct(StringComparer.Ordinal).ToArray();
        if (keys.Length > 0)
        {
            await foreach (var record in db.RequestKeys.AsNoTracking().Where(record => keys.Contains(record.IdempotencyKey) && routes.Contains(record.Route)).AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                found._records[(record.IdempotencyKey, record.Route)] = record;
            }
        }

        return found;
    }

    /// <summary>The record of the same key on the same route; <see langword="null"/> when the request is new.</summary>
    public RequestKey? Find(Identity identity, string route) =>
        identity.Key is not null && _records.TryGetValue((identity.Key, route), out var record) ? record : null;

    /// <summary>Notes that the request takes effect now.</summary>
    public void Add(Identity identity, string route, string recordId, DateTimeOffset now)
    {
        if (RequestKey.For(identity, route, recordId, now) is { } record)
        {
            _records.Add((record.IdempotencyKey, route), record);
            _made.Add(record);
        }
    }

    /// <summary>Adds the new records, in the order of their keys. A concurrent request with the same key makes the insert fail, and is then found.</summary>
    public void AddTo(BulkBatch bulk) =>
        bulk.Insert(_made.OrderBy(record => record.IdempotencyKey, StringComparer.Ordinal).ThenBy(record => record.Route, StringComparer.Ordinal));
}
