using System.Buffers.Binary;

namespace Tiebreak.Races.Wire;

/// <summary>Reads messages off a stream, however its packets are cut.</summary>
internal sealed class FrameReader(Stream stream)
{
    // PostgreSQL itself allows messages of up to 1 GB; more than that is no message.
    private const int Longest = 1 << 30;

    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>Whether a whole message is there without waiting.</summary>
    public bool HasFrame => LengthOfNext() is { } length && _end - _start >= length;

    /// <summary>The next message, or <see langword="null"/> at the end. Its bytes are good until the next call.</summary>
    /// <exception cref="InvalidDataException">What comes is no message.</exception>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        int? length;
        while ((length = LengthOfNext()) is null || _end - _start < length)
        {
            if (!await FillAsync(length ?? 5, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
        }

        var frame = new Frame(_buffer[_start], _buffer.AsMemory(_start, length.Value));
        _start += length.Value;
        return frame;
    }

    /// <summary>The first message of a connection, which has no type; <see langword="null"/> at the end.</summary>
    public async ValueTask<byte[]?> ReadStartupAsync(CancellationToken cancellationToken)
    {
        while (_end - _start < 4)
        {
            if (!await FillAsync(4, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        if (length is < 8 or > 10_000)
        {
            throw new InvalidDataException("This is no start of a PostgreSQL connection.");
        }

        while (_end - _start < length)
        {
            if (!await FillAsync(length, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
        }

        var bytes = _buffer.AsSpan(_start, length).ToArray();
        _start += length;
        return bytes;
    }

    private int? LengthOfNext()
    {
        if (_end - _start < 5)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + 1));
        return length is < 4 or > Longest ? throw new InvalidDataException("This is no message of the PostgreSQL protocol.") : length + 1;
    }

    private async ValueTask<bool> FillAsync(int needed, CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_buffer.Length - _start < needed)
        {
            var target = _buffer.Length < needed ? new byte[Math.Max(needed, _buffer.Length * 2)] : _buffer;
            Buffer.BlockCopy(_buffer, _start, target, 0, _end - _start);
            _end -= _start;
            _start = 0;
            _buffer = target;
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }
}
