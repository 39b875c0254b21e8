using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// A locked query, taken apart: the set it starts from, and its operators from the inside out without the lock.
/// Only operators that are known to leave one row of the table per row of the result are let through.
/// </summary>
internal sealed record LockSpine(EntityQueryRootExpression Root, IReadOnlyList<MethodCallExpression> Operators, RowLock Lock, IEntityType Entity)
{
    public static LockSpine Read(Expression query)
    {
        var operators = new List<MethodCallExpression>();
        var position = -1;
        RowLock? found = null;
        var node = query;
        for (; node is MethodCallExpression { Object: null, Arguments.Count: > 0 } call; node = call.Arguments[0])
        {
            if (call.Arguments.Skip(1).Any(LockOperators.Occur))
            {
                throw Refusals.InSubquery();
            }

            if (LockOperators.Read(call) is not { } read)
            {
                operators.Add(call);
                continue;
            }

            found = found is null ? read : throw Refusals.Twice();
            position = operators.Count;
        }

        if (found is null)
        {
            throw Refusals.InSubquery();
        }

        if (node is not EntityQueryRootExpression root)
        {
            throw Refusals.Root(found, query.Type.Name);
        }

        SpineOperators.Check(operators, position, found);
        operators.Reverse();
        return new LockSpine(root, operators, found, EntityAt(operators, root, found));
    }

    private static IEntityType EntityAt(List<MethodCallExpression> operators, EntityQueryRootExpression root, RowLock found)
    {
        var entity = root.EntityType;
        foreach (var call in operators.Where(call => call.Method.Name == nameof(Queryable.OfType)))
        {
            var type = call.Method.GetGenericArguments()[0];
            entity = entity.GetDerivedTypesInclusive().FirstOrDefault(derived => derived.ClrType == type) ?? entity;
        }

        return entity.FindPrimaryKey() is null ? throw Refusals.Keyless(found, entity.ShortName())
            : entity.IsOwned() ? throw Refusals.Owned(found, entity.ShortName())
            : entity;
    }
}
