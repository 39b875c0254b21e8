using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Tiebreak.Races.Wire;

/// <summary>Parameters as text, for people to read and for telling which rows a statement means.</summary>
/// <remarks>Binary forms are those of PostgreSQL's send functions; types by their fixed OIDs in pg_type.dat.</remarks>
internal static class BinaryParameters
{
    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The value as text; <see langword="null"/> when its form is not known.</summary>
    public static string? Text(uint type, ReadOnlySpan<byte> value)
    {
        try
        {
            return type switch
            {
                16 => value[0] == 0 ? "f" : "t",
                17 => @"\x" + Convert.ToHexStringLower(value),
                20 => Number(BinaryPrimitives.ReadInt64BigEndian(value)),
                21 => Number(BinaryPrimitives.ReadInt16BigEndian(value)),
                23 => Number(BinaryPrimitives.ReadInt32BigEndian(value)),
                26 => Number(BinaryPrimitives.ReadUInt32BigEndian(value)),
                18 or 19 or 25 or 114 or 1042 or 1043 => Encoding.UTF8.GetString(value),
                700 => BinaryPrimitives.ReadSingleBigEndian(value).ToString(CultureInfo.InvariantCulture),
                701 => BinaryPrimitives.ReadDoubleBigEndian(value).ToString(CultureInfo.InvariantCulture),
                1082 => Epoch.AddDays(BinaryPrimitives.ReadInt32BigEndian(value)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                1114 => At(value).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
                1184 => At(value).ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture),
                1700 => Numeric(value),
                2950 => new Guid(value, bigEndian: true).ToString(),
                3802 => Encoding.UTF8.GetString(value[1..]),
                1005 or 1007 or 1009 or 1015 or 1016 or 1028 or 2951 => Array(value),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            return null;
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static DateTime At(ReadOnlySpan<byte> value) => Epoch.AddTicks(BinaryPrimitives.ReadInt64BigEndian(value) * TimeSpan.TicksPerMicrosecond);

    private static string? Array(ReadOnlySpan<byte> value)
    {
        if (BinaryPrimitives.ReadInt32BigEndian(value) == 0)
        {
            return "{}";
        }

        if (BinaryPrimitives.ReadInt32BigEndian(value) != 1)
        {
            return null;
        }

        var type = BinaryPrimitives.ReadUInt32BigEndian(value[8..]);
        var count = BinaryPrimitives.ReadInt32BigEndian(value[12..]);
        if (count < 0 || count > value.Length / 4)
        {
            return null;
        }

        var items = new string[count];
        var at = 20;
        for (var item = 0; item < count; item++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(value[at..]);
            at += 4;
            items[item] = length < 0 ? "NULL" : Text(type, value.Slice(at, length)) ?? "?";
            at += Math.Max(0, length);
        }

        return "{" + string.Join(',', items) + "}";
    }

    private static string? Numeric(ReadOnlySpan<byte> value)
    {
        var count = BinaryPrimitives.ReadInt16BigEndian(value);
        var weight = BinaryPrimitives.ReadInt16BigEndian(value[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(value[4..]);
        var scale = BinaryPrimitives.ReadInt16BigEndian(value[6..]);
        if (sign is not (0 or 0x4000))
        {
            return null;
        }

        decimal number = 0;
        for (var digit = 0; digit < count; digit++)
        {
            number += BinaryPrimitives.ReadInt16BigEndian(value[(8 + (digit * 2))..]) * (decimal)Math.Pow(10_000, weight - digit);
        }

        return (sign == 0 ? number : -number).ToString("F" + scale.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }
}
