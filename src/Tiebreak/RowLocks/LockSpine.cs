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
    /// <summary>The references whose rows are locked too.</summary>
    public IReadOnlyList<LockedReference> References { get; private init; } = [];

    /// <summary>What the lock operator was given as its way to wait, if anything.</summary>
    public Expression? Wait { get; private init; }

    public static LockSpine Read(Expression query)
    {
        var operators = new List<MethodCallExpression>();
        var position = -1;
        RowLock? found = null;
        Expression? wait = null;
        var also = new List<(MethodCallExpression Of, int Position)>();
        var node = query;
        for (; node is MethodCallExpression { Object: null, Arguments.Count: > 0 } call; node = call.Arguments[0])
        {
            if (call.Arguments.Skip(1).Any(LockOperators.Occur))
            {
                throw Refusals.InSubquery();
            }

            if (LockOperators.IsOf(call))
            {
                also.Add(found is null ? (call, operators.Count) : throw Refusals.OfBeforeLock());
                continue;
            }

            if (LockOperators.Read(call) is not { } read)
            {
                operators.Add(call);
                continue;
            }

            found = found is null ? read : throw Refusals.Twice();
            wait = LockOperators.WaitOf(call);
            position = operators.Count;
        }

        if (found is null)
        {
            throw also.Count > 0 ? Refusals.OfBeforeLock() : Refusals.InSubquery();
        }

        if (node is not EntityQueryRootExpression root)
        {
            throw Refusals.Root(found, query.Type.Name);
        }

        SpineOperators.Check(operators, position, found);
        if (also.Exists(of => operators.Skip(of.Position).Any(call => call.Method.Name == nameof(Queryable.Select))))
        {
            throw Refusals.Operator(found, "Of after Select", "Put Of right behind the lock.");
        }

        operators.Reverse();
        var entity = EntityAt(operators, root, found);
        var references = also.Select(of => LockedReference.Read(of.Of, entity, found)).Reverse().ToList();
        var joins = references.Select(reference => reference.Joined(root, found));
        return new LockSpine(root, [.. joins, .. operators], found, entity) { References = references, Wait = wait };
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
