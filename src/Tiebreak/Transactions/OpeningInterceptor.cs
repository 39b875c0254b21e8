using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Tiebreak.Transactions;

/// <summary>
/// Lets a transaction's first query take its bounds along, in statements of their own before it: a round trip less
/// while others wait for the same rows. Queries only: what SaveChanges reads back counts its statements.
/// </summary>
internal sealed class OpeningInterceptor : DbCommandInterceptor
{
    public override DbCommand CommandInitialized(CommandEndEventData eventData, DbCommand result)
    {
        if (eventData is { CommandSource: CommandSource.LinqQuery or CommandSource.FromSqlQuery, Context: { } context }
            && AtomicScope.Of(context)?.TakeOpening() is { } opening)
        {
            result.CommandText = opening + ";\n" + result.CommandText;
        }

        return result;
    }
}
