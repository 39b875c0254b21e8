using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Bulk;

/// <summary>A row's primary key as one comparable value.</summary>
internal static class RowKey
{
    public static object Of(IReadOnlyList<ColumnValues> key, int row)
    {
        if (key.Count == 1)
        {
            return Comparable(key[0].At(row));
        }

        var parts = new object[key.Count];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Comparable(key[i].At(row));
        }

        return new Composite(parts);
    }

    public static object Of(ReadOnlySpan<object?> stored)
    {
        if (stored.Length == 1)
        {
            return Comparable(stored[0]);
        }

        var parts = new object[stored.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = Comparable(stored[i]);
        }

        return new Composite(parts);
    }

    /// <summary>Whether a value of the property comes back from PostgreSQL as it was sent.</summary>
    public static bool IsStoredAsGiven(IProperty property)
    {
        var mapping = property.GetRelationalTypeMapping();
        var name = mapping.StoreTypeNameBase.ToUpperInvariant();
        return name is not ("CHARACTER" or "CHAR" or "BPCHAR" or "JSONB" or "BIT") && (mapping.StoreType == mapping.StoreTypeNameBase || name is "CHARACTER VARYING" or "VARCHAR")
            && !ArrayType.IsText(mapping.ClrType) && !mapping.StoreType.EndsWith("[]", StringComparison.Ordinal);
    }

    /// <summary>PostgreSQL keeps microseconds, .NET tenths of them; the driver cuts.</summary>
    private static object Comparable(object? value) => value switch
    {
        null => DBNull.Value,
        DateTime time => time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond),
        DateTimeOffset time => time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerMicrosecond),
        TimeSpan time => time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond),
        TimeOnly time => time.Ticks - (time.Ticks % TimeSpan.TicksPerMicrosecond),
        byte[] bytes => Convert.ToBase64String(bytes),
        _ => value,
    };

    private sealed class Composite(object[] parts) : IEquatable<Composite>
    {
        public bool Equals(Composite? other) => other is not null && other.Parts.AsSpan().SequenceEqual(parts);

        public override bool Equals(object? obj) => Equals(obj as Composite);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (var part in parts)
            {
                hash.Add(part);
            }

            return hash.ToHashCode();
        }

        public override string ToString() => "(" + string.Join(", ", parts) + ")";

        private object[] Parts => parts;
    }
}
