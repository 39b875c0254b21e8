using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;

namespace Tiebreak.RowLocks;

/// <summary>
/// The collections that a query includes. EF Core adds what it reads to a tracked collection and takes nothing away;
/// here a child that did not come back (deleted, moved or unlinked by others, or left out by a filter) leaves it.
/// </summary>
internal static class IncludedCollections
{
    private const char Separator = '\n';

    /// <summary>Their names in one text: a text is the one constant that no translation turns into a column.</summary>
    public static string In(Expression result)
    {
        var names = new List<string>();
        while (result is IncludeExpression || (result is MethodCallExpression call && IsJoin(call)))
        {
            if (result is not IncludeExpression include)
            {
                result = ((MethodCallExpression)result).Arguments[1];
                continue;
            }

            if (include.Navigation.IsCollection && !include.Navigation.TargetEntityType.IsMappedToJson())
            {
                names.Add(include.Navigation.Name);
            }

            result = include.EntityExpression;
        }

        return string.Join(Separator, names);
    }

    /// <summary>EF Core's way to read a row of a join table beside the entity that it leads to.</summary>
    public static bool IsJoin(MethodCallExpression call) => call is { Object: null, Method.Name: "FetchJoinEntity", Arguments.Count: 2 };

    /// <summary>Lets go of the children that did not come back; refuses where one of them has unsaved changes.</summary>
    public static void LetGo(RefreshScope scope, EntityEntry parent, string names)
    {
        foreach (var name in names.Split(Separator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (FindCollection(parent, name) is not { } collection || collection.CurrentValue is not { } children)
            {
                continue;
            }

            var link = (collection.Metadata as ISkipNavigation)?.ForeignKey;
            foreach (var child in children.Cast<object>().ToList())
            {
                if (link is null ? !scope.HasSeen(child) : !IsLinked(scope, parent, collection, child))
                {
                    LetGo(scope, parent, collection, child, link is null);
                }
            }
        }
    }

    private static CollectionEntry? FindCollection(EntityEntry parent, string name) =>
        parent.Metadata.FindNavigation(name) is not null || parent.Metadata.FindSkipNavigation(name) is not null ? parent.Collection(name) : null;

    private static void LetGo(RefreshScope scope, EntityEntry parent, CollectionEntry collection, object child, bool detach)
    {
        var accessor = collection.Metadata.GetCollectionAccessor()
            ?? throw new InvalidOperationException($"The collection '{collection.Metadata.Name}' has no accessor.");
        var entry = collection.FindEntry(child) ?? scope.Context.Entry(child);
        RowRefresh.RequireUnchanged(entry);
        if (detach)
        {
            entry.State = EntityState.Detached;
        }

        accessor.Remove(parent.Entity, child);
    }

    /// <summary>Whether the row that joins the two came back; one that did not is let go of.</summary>
    private static bool IsLinked(RefreshScope scope, EntityEntry parent, CollectionEntry collection, object child)
    {
        var navigation = (ISkipNavigation)collection.Metadata;
        var other = scope.Context.Entry(child);
        foreach (var join in scope.Context.ChangeTracker.Entries().Where(entry => entry.Metadata == navigation.JoinEntityType).ToList())
        {
            if (Refers(join, navigation.ForeignKey, parent) && Refers(join, navigation.Inverse.ForeignKey, other))
            {
                if (scope.HasSeen(join.Entity))
                {
                    return true;
                }

                RowRefresh.RequireUnchanged(join);
                join.State = EntityState.Detached;
            }
        }

        return false;
    }

    private static bool Refers(EntityEntry from, IForeignKey foreignKey, EntityEntry to)
    {
        for (var i = 0; i < foreignKey.Properties.Count; i++)
        {
            if (!Equals(from.Property(foreignKey.Properties[i]).CurrentValue, to.Property(foreignKey.PrincipalKey.Properties[i]).CurrentValue))
            {
                return false;
            }
        }

        return true;
    }
}
