using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Updates;

/// <summary>
/// Tells the versions that a block was given from those that it loaded. A given one is what the caller knows: it is
/// compared once, and another attempt would only find a newer row.
/// </summary>
internal sealed class GivenVersions : IDisposable
{
    private readonly DbContext _context;
    private readonly Dictionary<object, Dictionary<IProperty, object?>> _loaded = new(ReferenceEqualityComparer.Instance);

    public GivenVersions(DbContext context)
    {
        _context = context;
        context.ChangeTracker.Tracked += OnTracked;
    }

    public void Dispose() => _context.ChangeTracker.Tracked -= OnTracked;

    /// <summary>Compares what was given with what was loaded.</summary>
    /// <exception cref="StaleVersionException">They differ.</exception>
    public void Compare()
    {
        foreach (var entry in _context.ChangeTracker.Entries().Where(entry => entry.State is not EntityState.Added))
        {
            var loaded = _loaded.GetValueOrDefault(entry.Entity);
            foreach (var token in Tokens(entry))
            {
                var member = entry.Property(token);
                var stored = loaded is null ? member.OriginalValue : loaded[token];
                var given = Given(member, stored);
                if (Same(token, given, stored))
                {
                    continue;
                }

                if (loaded is not null)
                {
                    throw new StaleVersionException(entry.Metadata.ShortName(), Key(entry), isGone: false, Differences(entry, entry.OriginalValues, token, given, stored));
                }

                // It was attached, and what was assigned to it since is what the caller knows.
                member.OriginalValue = given;
            }
        }
    }

    /// <summary>The error that trying again does not mend, or null where every row that was in the way had been loaded here.</summary>
    public async Task<StaleVersionException?> FindAsync(DbUpdateConcurrencyException conflict, CancellationToken cancellationToken)
    {
        foreach (var entry in conflict.Entries.Where(entry => !_loaded.ContainsKey(entry.Entity) && Tokens(entry).Any()))
        {
            var stored = await entry.GetDatabaseValuesAsync(cancellationToken).ConfigureAwait(false);
            return new StaleVersionException(entry.Metadata.ShortName(), Key(entry), stored is null, stored is null ? [] : Differences(entry, stored), conflict);
        }

        return null;
    }

    /// <summary>
    /// What the caller put into the token: as its original value, which is EF Core's way to say what is known; or, where
    /// the database makes the token, as its value. A token that the application makes is assigned its next value.
    /// </summary>
    private static object? Given(PropertyEntry member, object? stored)
    {
        var token = member.Metadata;
        return !Same(token, member.OriginalValue, stored) || !token.ValueGenerated.HasFlag(ValueGenerated.OnUpdate) ? member.OriginalValue : member.CurrentValue;
    }

    private static List<StaleValue> Differences(EntityEntry entry, PropertyValues stored, IProperty? token = null, object? given = null, object? version = null)
    {
        var differences = new List<StaleValue>();
        foreach (var property in entry.Metadata.GetProperties())
        {
            var (mine, theirs) = property == token ? (given, version) : (entry.Property(property).CurrentValue, stored[property]);
            if (!Same(property, mine, theirs))
            {
                differences.Add(new StaleValue(property.Name, mine, theirs));
            }
        }

        return differences;
    }

    private static IEnumerable<IProperty> Tokens(EntityEntry entry) =>
        entry.Metadata.GetProperties().Where(property => property.IsConcurrencyToken && !property.IsShadowProperty());

    private static bool Same(IProperty property, object? one, object? other) => property.GetValueComparer().Equals(one, other);

    private static string Key(EntityEntry entry) => string.Join(
        ", ", entry.Metadata.FindPrimaryKey()!.Properties.Select(property => $"{property.Name}={entry.Property(property).CurrentValue}"));

    private void OnTracked(object? sender, EntityTrackedEventArgs tracked)
    {
        if (tracked.FromQuery)
        {
            _loaded[tracked.Entry.Entity] = Tokens(tracked.Entry).ToDictionary(token => token, token => tracked.Entry.Property(token).OriginalValue);
        }
    }
}
