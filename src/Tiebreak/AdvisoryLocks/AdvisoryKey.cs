using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// What an advisory lock is taken on: 64 bits, made from a name or given as they are. Immutable.
/// </summary>
/// <remarks>
/// <para>
/// A name's key is the first 8 bytes, read big-endian as a signed number, of the SHA-256 of its UTF-8 bytes. It is the
/// same in every process, on every machine and in every version of this library, and SQL computes it as
/// <c>('x' || encode(substring(sha256(convert_to(name, 'UTF8')) from 1 for 8), 'hex'))::bit(64)::bigint</c>.
/// Names are compared byte by byte: case counts, and nothing is trimmed or normalized.
/// </para>
/// <para>
/// Two names may have the same key, and then share one lock: callers wait for each other needlessly, nobody is let in
/// wrongly. Among a million names the chance that any two do is 1 in 37 million. All keys of one database share one
/// space, with those of other libraries too; begin names with what they belong to, such as <c>invite/7KQ2</c>. The
/// two-number form of PostgreSQL's functions is a space of its own:
/// https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS.
/// </para>
/// </remarks>
public readonly struct AdvisoryKey : IEquatable<AdvisoryKey>
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _name;

    private AdvisoryKey(long value, string? name)
    {
        Value = value;
        _name = name;
    }

    /// <summary>The 64 bits that PostgreSQL sees.</summary>
    public long Value { get; }

    /// <summary>The key of a name.</summary>
    /// <param name="name">Any text but an empty one.</param>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    /// <exception cref="ArgumentException">
    /// The name is empty, or has a half of a surrogate pair or a NUL character: neither has a place in PostgreSQL's
    /// texts, so SQL could not compute the same key.
    /// </exception>
    public static AdvisoryKey From(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
        {
            throw new ArgumentException("An advisory lock needs a name that says what is locked, such as \"invite/7KQ2\"; this one is empty.", nameof(name));
        }

        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The name of an advisory lock has a NUL character (U+0000), which PostgreSQL's texts cannot hold. Leave it out, or give the key as a number.", nameof(name));
        }

        try
        {
            return new AdvisoryKey(BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Utf8.GetBytes(name))), name);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException($"The name of an advisory lock has half of a surrogate pair at position {error.Index}, which has no UTF-8 form. Do not cut texts inside a character, or give the key as a number.", nameof(name), error);
        }
    }

    /// <summary>A key whose bits are chosen by the caller, as with <c>pg_advisory_lock(bigint)</c>.</summary>
    /// <param name="value">Any number.</param>
    public static AdvisoryKey From(long value) => new(value, name: null);

    /// <summary>The key of a name, as <see cref="From(string)"/>.</summary>
    /// <param name="name">Any text but an empty one.</param>
    public static implicit operator AdvisoryKey(string name) => From(name);

    /// <summary>A key whose bits are chosen by the caller, as <see cref="From(long)"/>.</summary>
    /// <param name="value">Any number.</param>
    public static implicit operator AdvisoryKey(long value) => From(value);

    /// <summary>Whether both are the same lock; the names do not count.</summary>
    public static bool operator ==(AdvisoryKey left, AdvisoryKey right) => left.Equals(right);

    /// <summary>Whether both are different locks; the names do not count.</summary>
    public static bool operator !=(AdvisoryKey left, AdvisoryKey right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(AdvisoryKey other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AdvisoryKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <summary>The name that it was made from; the number where it was made from one.</summary>
    public override string ToString() => _name ?? Value.ToString(CultureInfo.InvariantCulture);
}
