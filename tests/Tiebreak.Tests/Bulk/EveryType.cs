using System.Collections;
using System.Net;
using System.Net.NetworkInformation;
using System.Numerics;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using NpgsqlTypes;

namespace Tiebreak.Tests.Bulk;

internal enum Mood
{
    Calm,
    Excited,
}

internal enum Level
{
    Low = 1,
    High = 200,
}

/// <summary>One property for each type that the provider maps; all may be null but those that say otherwise.</summary>
internal sealed class EveryType
{
    public int Id { get; set; }

    public bool? Bool { get; set; }
    public byte? Byte { get; set; }
    public sbyte? SByte { get; set; }
    public short? Short { get; set; }
    public ushort? UShort { get; set; }
    public int? Int { get; set; }
    public uint? UInt { get; set; }
    public long? Long { get; set; }
    public ulong? ULong { get; set; }
    public float? Float { get; set; }
    public double? Double { get; set; }
    public decimal? Decimal { get; set; }
    public decimal? Scaled { get; set; }
    public decimal? Money { get; set; }
    public BigInteger? Big { get; set; }
    public float? FloatAsNumeric { get; set; }
    public char? Char { get; set; }
    public string? Text { get; set; }
    public string? Varchar { get; set; }
    public string? Padded { get; set; }
    public string? Citext { get; set; }
    public string? Xml { get; set; }
    public string? Json { get; set; }
    public string? Jsonb { get; set; }
    public JsonDocument? Document { get; set; }
    public JsonElement? Element { get; set; }
    public byte[]? Bytes { get; set; }
    public Guid? Guid { get; set; }
    public DateTime? TimestampTz { get; set; }
    public DateTime? Timestamp { get; set; }
    public DateTime? TimestampSeconds { get; set; }
    public DateTimeOffset? Offset { get; set; }
    public DateTimeOffset? TimeTz { get; set; }
    public DateOnly? Date { get; set; }
    public DateTime? DateTimeAsDate { get; set; }
    public TimeOnly? Time { get; set; }
    public TimeSpan? TimeSpanAsTime { get; set; }
    public TimeSpan? Interval { get; set; }
    public Mood? Mood { get; set; }
    public Level? LevelAsNumber { get; set; }
    public Level? LevelAsText { get; set; }
    public Uri? Uri { get; set; }
    public IPAddress? Inet { get; set; }
    public NpgsqlInet? NpgsqlInet { get; set; }
    public IPNetwork? Cidr { get; set; }
    public PhysicalAddress? Mac { get; set; }
    public PhysicalAddress? Mac8 { get; set; }
    public BitArray? Bits { get; set; }
    public BitArray? VarBits { get; set; }
    public Dictionary<string, string>? Hstore { get; set; }
    public LTree? LTree { get; set; }
    public NpgsqlPoint? Point { get; set; }
    public NpgsqlBox? Box { get; set; }
    public NpgsqlLine? Line { get; set; }
    public NpgsqlLSeg? LSeg { get; set; }
    public NpgsqlPath? Path { get; set; }
    public NpgsqlPolygon? Polygon { get; set; }
    public NpgsqlCircle? Circle { get; set; }
    public NpgsqlRange<int>? IntRange { get; set; }
    public NpgsqlRange<long>? LongRange { get; set; }
    public NpgsqlRange<decimal>? DecimalRange { get; set; }
    public NpgsqlRange<DateTime>? TzRange { get; set; }
    public NpgsqlRange<DateTime>? TsRange { get; set; }
    public NpgsqlRange<DateOnly>? DateRange { get; set; }
    public NpgsqlRange<int>[]? Multirange { get; set; }
    public NpgsqlTsVector? Vector { get; set; }
    public NpgsqlTsQuery? Query { get; set; }
    public NpgsqlLogSequenceNumber? Lsn { get; set; }
    public NpgsqlTid? Tid { get; set; }
    public uint? Xid { get; set; }
    public uint? Oid { get; set; }
    public ulong? Xid8 { get; set; }
    public uint? Regconfig { get; set; }
    public string? Comma { get; set; }

    public int[]? Ints { get; set; }
    public int?[]? NullableInts { get; set; }
    public List<string>? Texts { get; set; }
    public List<Guid>? Guids { get; set; }
    public byte[][]? Blobs { get; set; }
    public DateTime[]? Times { get; set; }
    public Mood[]? Moods { get; set; }
    public List<Level>? Levels { get; set; }
    public decimal[]? Decimals { get; set; }
    public bool[]? Flags { get; set; }
    public List<IPAddress>? Addresses { get; set; }
    public List<int>? IntsAsJson { get; set; }
}
