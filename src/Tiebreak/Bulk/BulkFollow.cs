using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Bulk;

/// <summary>A batch that travels behind a locking query, or alone where there is none.</summary>
internal sealed class BulkFollow(DbContext context, IReadOnlyList<BulkOperation> operations) : IFollowingReads
{
    private BulkCommand _command = new();

    /// <summary>Whether it has its rows.</summary>
    public bool IsRead { get; private set; }

    public void AppendTo(DbCommand command)
    {
        _command = BulkExecution.Prepare(context, operations);
        _command.AppendTo(command);
    }

    public async Task ReadAsync(DbDataReader reader, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await _command.ReadAsync(reader, cancellationToken).ConfigureAwait(false);
        foreach (var operation in operations)
        {
            operation.Complete();
        }

        IsRead = true;
    }

    public Task ExecuteAsync(CancellationToken cancellationToken) => BulkExecution.RunAsync(context, operations, cancellationToken);
}
