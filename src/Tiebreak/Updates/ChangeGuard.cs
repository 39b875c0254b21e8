using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Tiebreak.RowLocks;

namespace Tiebreak.Updates;

/// <summary>
/// A parameter that adds nothing: it is asked while the command of one execution is put together, before it is sent. A
/// change cannot be taken back once it is refused afterwards, so what would make its rows unusable is refused here.
/// </summary>
internal sealed class ChangeGuard(ChangeQuery change) : IRelationalParameter
{
    public string InvariantName => "tiebreak_change_guard";

    public void AddDbParameter(DbCommand command, object? value) => Check(command, context: null);

    public void AddDbParameter(DbCommand command, IReadOnlyDictionary<string, object?>? parameterValues)
    {
        var scope = parameterValues?.GetValueOrDefault(RefreshProjection.ScopeParameter) as RefreshScope;
        scope?.Begin();
        Check(command, scope?.Context);
    }

    /// <summary>No entity of the type may have changes that are not saved: which rows the statement meets is open yet.</summary>
    public static void RequireNoUnsavedChanges(DbContext context, IEntityType entity)
    {
        foreach (var entry in context.ChangeTracker.Entries().Where(entry => IsOf(entry, entity)))
        {
            if (entry.State is EntityState.Unchanged or EntityState.Detached)
            {
                if (RefreshPlan.For(entity).Unreachable is { } part)
                {
                    throw new UpdateNotPossibleException(
                        $"'{entity.ShortName()}' is tracked, and its '{part}' (a collection, JSON or an optional complex value) cannot be brought up to the changed row. Use AsNoTracking() or a fresh context.");
                }

                continue;
            }

            var key = entry.Metadata.FindPrimaryKey()!.Properties.Select(property => $"{property.Name}={entry.Property(property).CurrentValue}");
            throw new UnsavedChangesException(
                entry.Metadata.ShortName(),
                string.Join(", ", key),
                entry.State == EntityState.Modified ? [.. entry.Properties.Where(property => property.IsModified).Select(property => property.Metadata.Name)] : [],
                entry.State.ToString(),
                "a statement was about to change rows of its table. Nothing was sent. Call SaveChanges() first, or use AsNoTracking() or a fresh context.");
        }
    }

    private static bool IsOf(EntityEntry entry, IEntityType entity) =>
        entity.IsAssignableFrom(entry.Metadata)
        || entry.Metadata.FindOwnership() is { } ownership && entity.IsAssignableFrom(ownership.PrincipalEntityType);

    private void Check(DbCommand command, DbContext? context)
    {
        if (change.Kind == ChangeKind.Seize)
        {
            new ExecutionGuard(new LockedQuery(new RowLock(RowLockStrength.NoKeyUpdate, RowLockWaitMode.Default), change.Entity))
                .Check(command.Transaction is not null, context?.GetService<IRelationalConnection>(), context: null);
        }

        if (change.Tracking && context is not null)
        {
            RequireNoUnsavedChanges(context, change.Entity);
        }
    }
}
