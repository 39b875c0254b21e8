using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Transactions;

/// <summary>What one attempt of an atomic block gathers beside the rows, found by its context.</summary>
internal sealed class AtomicScope : IDisposable
{
    private static readonly ConditionalWeakTable<DbContext, AtomicScope> Scopes = [];

    private readonly DbContext _context;
    private readonly List<Func<CancellationToken, Task>> _work = [];
    private ExceptionDispatchInfo? _ended;

    private AtomicScope(DbContext context) => _context = context;

    public bool IsOpen { get; private set; } = true;

    /// <summary>What ended the transaction inside a nested block, whoever may have caught it since.</summary>
    public Exception? Ended => _ended?.SourceException;

    public IReadOnlyList<Func<CancellationToken, Task>> Work => _work;

    /// <summary>
    /// What the transaction has still to be told. The first query of the context takes it along
    /// (<see cref="OpeningInterceptor"/>), or <see cref="OpenAsync"/> sends it.
    /// </summary>
    public string? Opening { get; set; }

    /// <summary>What the next locking query takes along; it is null again when one has.</summary>
    public IFollowingReads? Following { get; set; }

    /// <summary>Sees the transaction's connection break, from BEGIN on.</summary>
    public ConnectionWatch? Connection { get; set; }

    /// <summary>What is sent together with COMMIT; null where COMMIT goes alone.</summary>
    public ICommittingWrite? LastWrite { get; set; }

    public static AtomicScope Open(DbContext context)
    {
        var scope = new AtomicScope(context);
        Scopes.AddOrUpdate(context, scope);
        return scope;
    }

    public static AtomicScope? Of(DbContext context) => Scopes.TryGetValue(context, out var scope) ? scope : null;

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (TakeOpening() is { } opening)
        {
            await TransactionBounds.SendAsync(_context, opening, cancellationToken).ConfigureAwait(false);
        }
    }

    public string? TakeOpening()
    {
        var opening = Opening;
        Opening = null;
        return opening;
    }

    public void Add(Func<CancellationToken, Task> work) => _work.Add(work);

    public void DropWorkFrom(int count) => _work.RemoveRange(count, _work.Count - count);

    public void End(Exception exception) => _ended ??= ExceptionDispatchInfo.Capture(exception);

    public void ThrowIfEnded() => _ended?.Throw();

    /// <summary>A pooled context comes back for others: nothing may hang on it any more.</summary>
    public void Dispose()
    {
        IsOpen = false;
        Connection?.Dispose();
        Scopes.Remove(_context);
    }
}
