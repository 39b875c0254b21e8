namespace Tiebreak.Server.Systems;

/// <summary>Makes ids that sort by the time they were made, so that a list by id is a list by time.</summary>
internal static class Ids
{
    /// <summary>
    /// A UUIDv7 whose 12 bits behind the version hold the fraction of the millisecond, which is finer than the
    /// microsecond that times are kept in (RFC 9562, section 6.2, method 3). The other 62 bits are random.
    /// </summary>
    /// <param name="now">The time of the decision.</param>
    public static Guid New(DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        var fraction = (int)(now.UtcTicks % TimeSpan.TicksPerMillisecond * 4096 / TimeSpan.TicksPerMillisecond);
        bytes[6] = (byte)(0x70 | (fraction >> 8));
        bytes[7] = (byte)fraction;
        return new Guid(bytes, bigEndian: true);
    }
}
