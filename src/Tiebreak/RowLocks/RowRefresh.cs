using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Tiebreak.Transactions;

namespace Tiebreak.RowLocks;

/// <summary>Runs for each row of a locked tracking query and of what it includes, after EF Core has found or made the entity.</summary>
internal static class RowRefresh
{
    public static TEntity Apply<TEntity>(RefreshScope scope, TEntity entity, string entityType, string collections, object?[] values)
        where TEntity : class
    {
        if (entity is null)
        {
            return entity!;
        }

        var context = scope.Context;
        var plan = RefreshPlan.For(context.Model.FindEntityType(entityType)!);
        scope.Remember(entity);
        if (!RowComparison.IsCurrent(context, entity, plan, values))
        {
            var entry = Current(context, entity);
            var next = 0;
            foreach (var part in plan.Parts)
            {
                Apply(context, entry, part, values.AsSpan(next, part.Slots.Count));
                next += part.Slots.Count;
            }
        }

        if (collections.Length > 0 && context.Entry(entity) is { State: not EntityState.Detached } parent)
        {
            IncludedCollections.LetGo(scope, parent, collections);
        }

        return entity;
    }

    /// <summary>Notes a row that only joins two others.</summary>
    public static TJoin Seen<TJoin>(RefreshScope scope, TJoin join)
        where TJoin : class
    {
        scope.Remember(join);
        return join;
    }

    private static void Apply(DbContext context, EntityEntry root, RefreshPart part, ReadOnlySpan<object?> values)
    {
        var entry = root;
        foreach (var navigation in part.OwnedPath)
        {
            if (!navigation.DeclaringEntityType.IsAssignableFrom(entry.Metadata))
            {
                return;
            }

            if (entry.Reference(navigation).TargetEntry is not { } target)
            {
                // Had the row become the owner of one, EF Core would just have made it: so it was taken away in memory.
                if (part.IsAbsent(values))
                {
                    return;
                }

                throw Unsaved(entry, [navigation.Name]);
            }

            if (navigation == part.OwnedPath[^1] && part.IsAbsent(values))
            {
                RequireUnchanged(Current(context, target.Entity));
                target.State = EntityState.Detached;
                entry.Reference(navigation).CurrentValue = null;
                entry.State = EntityState.Unchanged;
                return;
            }

            entry = Current(context, target.Entity);
        }

        RequireUnchanged(entry);
        Write(entry, part.Slots, values);
    }

    private static void Write(EntityEntry entry, IReadOnlyList<RefreshSlot> slots, ReadOnlySpan<object?> values)
    {
        var changed = false;
        for (var i = 0; i < slots.Count; i++)
        {
            var slot = slots[i];
            if (!slot.Holder.IsInstanceOfType(entry.Entity))
            {
                continue;
            }

            if (slot.Property is IComplexProperty complex)
            {
                changed |= WriteOptional(entry.ComplexProperty(complex), (object?[])values[i]!);
            }
            else if (slot.Property == entry.Metadata.FindDiscriminatorProperty())
            {
                // Not what the tracker holds: an attached entity has none there.
                if (!slot.Comparer!.Equals(entry.Metadata.GetDiscriminatorValue(), values[i]))
                {
                    throw Refusals.CannotFollow(entry.Metadata.ShortName(), slot.Property.Name, "its instance has the type that the row had");
                }
            }
            else if (Find(entry, slot) is { } member && !slot.Comparer!.Equals(member.CurrentValue, values[i]))
            {
                if (member.Metadata.IsKey())
                {
                    throw Refusals.CannotFollow(entry.Metadata.ShortName(), slot.Property.Name, "a key of a tracked entity stays as it is");
                }

                RecordedValues.Accept(member, values[i]);
                changed = true;
            }
        }

        if (changed)
        {
            entry.State = EntityState.Unchanged;
        }
    }

    /// <summary>
    /// Whether such a value is there at all is a thing that EF Core lets nobody write into an entity's original
    /// values, so one that came or went would look like an unsaved change ever after.
    /// </summary>
    private static bool WriteOptional(ComplexPropertyEntry entry, object?[] values)
    {
        var properties = entry.Metadata.ComplexType.GetProperties().ToList();
        var absent = values.All(value => value is null) || properties.Where((property, i) => !property.IsNullable && values[i] is null).Any();
        if (absent != entry.CurrentValue is null)
        {
            throw Refusals.OptionalValueCameOrWent(entry.Metadata.DeclaringType.ShortName(), entry.Metadata.Name);
        }

        var changed = false;
        for (var i = 0; i < properties.Count && !absent; i++)
        {
            var member = entry.Property(properties[i]);
            if (!properties[i].GetValueComparer().Equals(member.CurrentValue, values[i]))
            {
                RecordedValues.Accept(member, values[i]);
                changed = true;
            }
        }

        return changed;
    }

    private static PropertyEntry? Find(EntityEntry entry, RefreshSlot slot)
    {
        if (slot.ComplexPath.Count == 0)
        {
            return entry.Property((IProperty)slot.Property);
        }

        var complex = entry.ComplexProperty(slot.ComplexPath[0]);
        foreach (var step in slot.ComplexPath.Skip(1))
        {
            complex = complex.ComplexProperty(step);
        }

        return complex.Property((IProperty)slot.Property);
    }

    private static EntityEntry Current(DbContext context, object entity)
    {
        var entry = context.Entry(entity);
        if (!context.ChangeTracker.AutoDetectChangesEnabled)
        {
            entry.DetectChanges();
        }

        return entry;
    }

    public static void RequireUnchanged(EntityEntry entry)
    {
        if (entry.State is EntityState.Unchanged)
        {
            return;
        }

        throw Unsaved(entry, entry.State == EntityState.Modified
            ? [.. entry.Properties.Where(property => property.IsModified).Select(property => property.Metadata.Name)]
            : []);
    }

    private static UnsavedChangesException Unsaved(EntityEntry entry, IReadOnlyList<string> properties)
    {
        var key = entry.Metadata.FindPrimaryKey()!.Properties.Select(property => $"{property.Name}={entry.Property(property).CurrentValue}");
        return new UnsavedChangesException(entry.Metadata.ShortName(), string.Join(", ", key), properties, entry.State.ToString());
    }
}
