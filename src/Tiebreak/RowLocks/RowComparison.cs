using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.RowLocks;

/// <summary>
/// The quick way out of a refresh: most rows are new to the context or as they were, and comparing the members costs
/// a fraction of asking the change tracker for each. Only plain reads here; whatever differs is left to
/// <see cref="RowRefresh"/>, which looks for unsaved changes first.
/// </summary>
internal static class RowComparison
{
    public static bool IsCurrent(DbContext context, object entity, RefreshPlan plan, object?[] values)
    {
        var entry = Peek(context, entity);
        if (entry.State == EntityState.Detached)
        {
            // EF Core does not track the results of a query with AsNoTracking anywhere in it, so this is the row.
            return true;
        }

        if (entry.State != EntityState.Unchanged || !plan.References.All(reference => Agrees(context, entity, entry, reference)))
        {
            return false;
        }

        var next = 0;
        foreach (var part in plan.Parts)
        {
            var slice = values.AsSpan(next, part.Slots.Count);
            next += part.Slots.Count;
            if (!IsCurrent(context, entity, entry, part, slice))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsCurrent(DbContext context, object entity, EntityEntry entry, RefreshPart part, ReadOnlySpan<object?> values)
    {
        object? holder = entity;
        foreach (var navigation in part.OwnedPath)
        {
            if (!navigation.DeclaringEntityType.ClrType.IsInstanceOfType(holder) || navigation.IsShadowProperty())
            {
                return !navigation.IsShadowProperty();
            }

            holder = navigation.GetGetter().GetClrValue(holder);
            if (holder is null)
            {
                return part.IsAbsent(values);
            }
        }

        for (var i = 0; i < values.Length; i++)
        {
            var slot = part.Slots[i];
            if (!slot.Holder.IsInstanceOfType(holder))
            {
                continue;
            }

            if (slot.Property is not IProperty property)
            {
                return false;
            }

            var current = slot.Getter is { } getter
                ? getter.GetClrValueUsingContainingEntity(holder)
                : part.OwnedPath.Count == 0 && slot.ComplexPath.Count == 0 ? entry.Property(property).CurrentValue
                : Peek(context, holder).Property(property).CurrentValue;

            // What is equal by its own measure needs no comparer, which is an order of magnitude slower.
            if (!Equals(current, values[i]) && !slot.Comparer!.Equals(current, values[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Whether an entity that this one refers to is the one that its foreign key names. If not, the reference was
    /// changed since the last search for changes, and the foreign key will follow it.
    /// </summary>
    private static bool Agrees(DbContext context, object entity, EntityEntry entry, INavigation reference)
    {
        if (!reference.DeclaringEntityType.ClrType.IsInstanceOfType(entity))
        {
            return true;
        }

        var foreignKey = reference.ForeignKey;
        if (reference.IsShadowProperty() || reference.GetGetter().GetClrValue(entity) is not { } principal)
        {
            // Not loaded, as most are; or taken away.
            return !entry.Reference(reference).IsLoaded || foreignKey.Properties.Any(property => entry.Property(property).CurrentValue is null);
        }

        var other = Peek(context, principal);
        for (var i = 0; i < foreignKey.Properties.Count; i++)
        {
            if (!Equals(entry.Property(foreignKey.Properties[i]).CurrentValue, other.Property(foreignKey.PrincipalKey.Properties[i]).CurrentValue))
            {
                return false;
            }
        }

        return other.State != EntityState.Detached;
    }

    /// <summary>The entry without a search for changes, which Entry() would begin with.</summary>
    private static EntityEntry Peek(DbContext context, object entity)
    {
        var tracker = context.ChangeTracker;
        if (!tracker.AutoDetectChangesEnabled)
        {
            return context.Entry(entity);
        }

        tracker.AutoDetectChangesEnabled = false;
        try
        {
            return context.Entry(entity);
        }
        finally
        {
            tracker.AutoDetectChangesEnabled = true;
        }
    }
}
