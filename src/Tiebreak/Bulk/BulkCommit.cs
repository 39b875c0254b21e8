using Microsoft.EntityFrameworkCore;
using Tiebreak.Transactions;

namespace Tiebreak.Bulk;

/// <summary>A batch that ends its transaction.</summary>
internal sealed class BulkCommit(DbContext context, IReadOnlyList<BulkOperation> operations) : ICommittingWrite
{
    private BulkCommand? _command;

    public void Prepare()
    {
        _command = BulkExecution.Prepare(context, operations);
        _command.AddCommit();
    }

    public async Task SendAsync()
    {
        await BulkExecution.SendAsync(context, _command!, CancellationToken.None).ConfigureAwait(false);
        foreach (var operation in operations)
        {
            operation.Complete();
        }
    }
}
