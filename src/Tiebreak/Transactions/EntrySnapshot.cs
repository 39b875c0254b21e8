using System.Collections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Transactions;

/// <summary>One tracked entity: state, values, original values and navigations.</summary>
internal sealed class EntrySnapshot
{
    private readonly List<(string Name, object? Value, bool IsLoaded)> _references;
    private readonly List<(string Name, object[]? Items, bool IsLoaded)> _collections;
    private readonly PropertyValues _current;
    private readonly PropertyValues? _original;
    private readonly List<string> _modified = [];
    private EntityEntry _entry;

    public EntrySnapshot(EntityEntry entry)
    {
        _entry = entry;
        State = entry.State;
        _current = CopyOf(entry, entry.CurrentValues);
        if (RecordedValues.HasOriginals(entry.Metadata))
        {
            _original = CopyOf(entry, entry.OriginalValues);
        }
        else
        {
            _modified = [.. entry.Properties.Where(property => property.IsModified).Select(property => property.Metadata.Name)];
        }

        _references = [.. entry.References.Select(reference => (reference.Metadata.Name, reference.CurrentValue, reference.IsLoaded))];
        _collections = [.. entry.Collections.Select(collection => (collection.Metadata.Name, collection.CurrentValue?.Cast<object>().ToArray(), collection.IsLoaded))];
    }

    public object Entity => _entry.Entity;

    public EntityState State { get; }

    public void PutBackValues()
    {
        _entry.CurrentValues.SetValues(CopyOf(_entry, _current));
        _entry.State = State;
        if (_original is not null && State is not EntityState.Added)
        {
            _entry.OriginalValues.SetValues(CopyOf(_entry, _original));
            _entry.State = State;
        }
        else if (State is EntityState.Modified)
        {
            foreach (var property in _entry.Properties.Where(property => property.IsModified != _modified.Contains(property.Metadata.Name)))
            {
                property.IsModified = !property.IsModified;
            }
        }
    }

    /// <summary>What the tracker was cleared of is tracked by an entry of its own again.</summary>
    public void FindEntry(DbContext context, IReadOnlySet<object> tracked)
    {
        if (!tracked.Contains(Entity))
        {
            _entry = context.Entry(Entity);
        }
    }

    public void PutBackNavigations()
    {
        foreach (var (name, value, isLoaded) in _references)
        {
            var reference = _entry.Reference(name);
            if (!ReferenceEquals(reference.CurrentValue, value))
            {
                reference.CurrentValue = value;
            }

            reference.IsLoaded = isLoaded;
        }

        foreach (var (name, items, isLoaded) in _collections)
        {
            var collection = _entry.Collection(name);
            PutBack(collection, items);
            collection.IsLoaded = isLoaded;
        }
    }

    private void PutBack(CollectionEntry collection, object[]? items)
    {
        var accessor = ((INavigationBase)collection.Metadata).GetCollectionAccessor();
        if (items is null || accessor is null)
        {
            (collection.CurrentValue as IList)?.Clear();
            return;
        }

        var now = collection.CurrentValue?.Cast<object>().ToArray() ?? [];
        foreach (var item in now.Except(items, ReferenceEqualityComparer.Instance))
        {
            accessor.Remove(Entity, item!);
        }

        foreach (var item in items.Except(now, ReferenceEqualityComparer.Instance))
        {
            accessor.Add(Entity, item!, forMaterialization: false);
        }
    }

    /// <summary>Arrays and the like can be changed in place: each copy has its own.</summary>
    private static PropertyValues CopyOf(EntityEntry entry, PropertyValues values)
    {
        var copy = values.Clone();
        foreach (var property in entry.Metadata.GetProperties())
        {
            if (copy[property] is { } value && !property.ClrType.IsValueType)
            {
                copy[property] = property.GetValueComparer().Snapshot(value);
            }
        }

        return copy;
    }
}
