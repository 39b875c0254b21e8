using System.Collections;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// The rows of a locked query, by one of its two executors. A sequence may be enumerated later than it was made, and
/// more than once, so the choice falls when an enumeration begins.
/// </summary>
internal sealed class EitherRows<T>(
    QueryContext context, Func<QueryContext, object> plain, Func<QueryContext, object> refreshing, TrackedTypes tracked)
    : IEnumerable<T>, IAsyncEnumerable<T>, IQueryingEnumerable
{
    private List<string>? _given;
    private object? _plain;
    private object? _refreshing;

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)Choose()).GetEnumerator();

    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        ((IAsyncEnumerable<T>)Choose()).GetAsyncEnumerator(cancellationToken);

    public string ToQueryString() => ((IQueryingEnumerable)(_plain ?? _refreshing ?? Choose())).ToQueryString();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private object Choose() => tracked.OccurIn(context.Context)
        ? _refreshing ??= Make(refreshing)
        : _plain ??= Make(plain);

    private object Make(Func<QueryContext, object> executor)
    {
        // Both executors add the same parameters of their own, and a name can be added only once.
        if (_given is null)
        {
            _given = [.. context.Parameters.Keys];
        }
        else
        {
            foreach (var added in context.Parameters.Keys.Except(_given).ToList())
            {
                context.Parameters.Remove(added);
            }
        }

        return executor(context);
    }
}
