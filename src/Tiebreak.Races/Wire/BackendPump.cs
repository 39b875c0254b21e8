using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Tiebreak.Races.Wire;

/// <summary>
/// Carries what the server says to the client, and knows what each answer belongs to. Answers to what the gate itself
/// asked are not passed on; answers to a statement whose commit is held are kept back until then.
/// </summary>
internal sealed class BackendPump(FrameReader server, Stream client)
{
    private static readonly byte[] Idle = Frame.Make('Z', (byte)'I');

    private readonly OwedAnswers _owed = new();
    private readonly ArrayBufferWriter<byte> _output = new(16 * 1024);
    private readonly ArrayBufferWriter<byte> _kept = new();
    private bool _keeps;
    private bool _dropsReady;

    /// <summary>Of the process that serves the connection.</summary>
    public int BackendPid { get; private set; }

    /// <summary>With <see cref="BackendPid"/> what a cancel request needs.</summary>
    public byte[] CancelKey { get; private set; } = [];

    /// <summary>As the server last said: <c>I</c>, <c>T</c> or <c>E</c>.</summary>
    public char Status { get; private set; } = 'I';

    /// <summary>Whether the client takes every transaction for none: the gate put one around what it does.</summary>
    public bool HidesTransaction { get; set; }

    /// <summary>Whether the server owes an answer.</summary>
    public bool IsOwed => _owed.Any;

    /// <summary>Whether the server passes over everything up to the next Sync, because of an error.</summary>
    public bool SkipsToSync { get; private set; }

    /// <summary>Whether the server reads rows of a COPY and took no notice of the Sync behind its Execute.</summary>
    public bool IgnoredSync { get; set; }

    /// <summary>Expects an answer; said before the question is sent.</summary>
    public Expected Expect(Expected expected) => _owed.Add(expected);

    /// <summary>
    /// Keeps back answers from here on until <see cref="Expected.GivesKept"/>, and drops the client's next ReadyForQuery:
    /// it comes with the held COMMIT.
    /// </summary>
    public void KeepReady() => _keeps = _dropsReady = true;

    /// <summary>Runs until either side ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await server.ReadAsync(cancellationToken).ConfigureAwait(false) is { } frame)
            {
                Take(frame);
                if (_output.WrittenCount > 0 && !server.HasFrame)
                {
                    await client.WriteAsync(_output.WrittenMemory, cancellationToken).ConfigureAwait(false);
                    _output.ResetWrittenCount();
                }
            }
        }
        finally
        {
            _owed.Lose();
        }
    }

    // What is read of a message's body below is there, or the other end is no PostgreSQL.
    private static int Least(byte type) => (char)type switch
    {
        'K' => 8,
        'C' or 'Z' => 1,
        _ => 0,
    };

    private void Take(Frame frame)
    {
        if (frame.Body.Length < Least(frame.Type))
        {
            throw new InvalidDataException($"The server's message '{(char)frame.Type}' is too short.");
        }

        switch ((char)frame.Type)
        {
            case 'N' when RowNotices.Read(frame.Body) is { } change:
                // In a pipeline that goes as one step, the step stands at its end.
                (_owed.First?.Step ?? _owed.StepOfSync)?.Note(change);
                return;
            case 'K':
                BackendPid = BinaryPrimitives.ReadInt32BigEndian(frame.Body);
                CancelKey = frame.Body.ToArray();
                break;
            case 'C':
                Executed(Encoding.UTF8.GetString(frame.Body[..^1]), frame);
                return;
            case 'I' or 's':
                Executed("", frame);
                return;
            case '3' when _owed.First is { Kind: ExpectedKind.Close } close:
                Finish(close, Status);
                return;
            case '1' when _owed.First is { Kind: ExpectedKind.Parse } parse:
                Finish(parse, Status);
                return;
            case 'G' or 'W':
                StartCopy(frame);
                return;
            case 'E':
                Failed(frame);
                return;
            case 'Z':
                Ready((char)frame.Body[0]);
                return;
        }

        Pass(frame);
    }

    /// <summary>The client sends its rows only once it has been asked for them, so this is never kept back.</summary>
    private void StartCopy(Frame frame)
    {
        IgnoredSync = _owed.First is { Kind: ExpectedKind.Execute };
        Append(_output, _kept.WrittenSpan);
        Append(_output, frame.Bytes.Span);
        _kept.ResetWrittenCount();
    }

    private void Executed(string tag, Frame frame)
    {
        var first = _owed.First;
        if (first?.Step is { } step)
        {
            step.Tag = tag;
        }

        Pass(frame);
        if (first is { Kind: ExpectedKind.Execute })
        {
            Finish(first, Status == 'I' ? 'T' : Status);
        }
    }

    private void Failed(Frame frame)
    {
        var first = _owed.First;
        if ((first?.Step ?? _owed.StepOfSync) is { Error: null } step)
        {
            step.Error = RowNotices.Error(frame.Body);
        }

        // A held commit that fails is the client's error, though the client did not ask for it in so many words.
        if (first?.GivesKept == true)
        {
            Append(_kept, frame.Bytes.Span);
        }
        else if (first is not { IsOurs: true } || first.Kind is ExpectedKind.Close or ExpectedKind.Parse)
        {
            // A text put in place of the client's that the server refuses is the client's error.
            Append(Target, frame.Bytes.Span);
        }

        SkipsToSync = first is not { Kind: ExpectedKind.Query };
        while (_owed.First is { Kind: ExpectedKind.Execute or ExpectedKind.Parse or ExpectedKind.Close } skipped)
        {
            Finish(skipped, 'E');
        }
    }

    private void Ready(char status)
    {
        Status = status;
        SkipsToSync = false;
        var first = _owed.First;
        while (first is { Kind: ExpectedKind.Execute or ExpectedKind.Parse or ExpectedKind.Close })
        {
            Finish(first, status);
            first = _owed.First;
        }

        if (first is null)
        {
            Append(Target, Frame.Make('Z', (byte)status));
            return;
        }

        if (first.GivesKept)
        {
            _keeps = false;
            Append(_output, _kept.WrittenSpan);
            Append(_output, Idle);
            _kept.ResetWrittenCount();
        }
        else if (!first.IsOurs && _dropsReady)
        {
            _dropsReady = false;
        }
        else if (!first.IsOurs)
        {
            Append(Target, HidesTransaction ? Idle : Frame.Make('Z', (byte)status));
        }

        Finish(first, status);
    }

    private void Finish(Expected expected, char status)
    {
        _owed.Remove(expected);

        if (!expected.EndsAtSync)
        {
            expected.Step?.Complete(status);
        }

        expected.Complete();
    }

    private ArrayBufferWriter<byte> Target => _keeps ? _kept : _output;

    private void Pass(Frame frame)
    {
        if (_owed.First is { IsOurs: true, Kind: ExpectedKind.Execute or ExpectedKind.Sync } && frame.Type is not ((byte)'S' or (byte)'A' or (byte)'N'))
        {
            return;
        }

        Append(Target, frame.Bytes.Span);
    }

    private static void Append(ArrayBufferWriter<byte> target, ReadOnlySpan<byte> bytes) => target.Write(bytes);
}
