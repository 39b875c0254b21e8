using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Tiebreak.Races.Wire;

/// <summary>Who comes in at a gate: the beginning of each connection.</summary>
/// <param name="password">Asked of whoever connects; <see langword="null"/> lets in everybody.</param>
/// <param name="cancel">Passes on a request to cancel a statement, which knows a key of its own.</param>
/// <param name="stop">Ends it.</param>
internal sealed class GateDoor(string? password, Func<byte[], Task> cancel, CancellationToken stop)
{
    public const int CancelCode = 80877102;
    private const int TlsCode = 80877103;
    private const int GssCode = 80877104;

    /// <summary>The client's start; <see langword="null"/> when it only wanted to cancel, went away, or does not know the password.</summary>
    public async Task<byte[]?> EnterAsync(Stream client, FrameReader fromClient)
    {
        while (await fromClient.ReadStartupAsync(stop).ConfigureAwait(false) is { } startup)
        {
            switch (BinaryPrimitives.ReadInt32BigEndian(startup.AsSpan(4)))
            {
                case TlsCode or GssCode:
                    await client.WriteAsync("N"u8.ToArray(), stop).ConfigureAwait(false);
                    break;
                case CancelCode:
                    await cancel(startup).ConfigureAwait(false);
                    return null;
                case var version when version >> 16 == 3:
                    return await KnowsPasswordAsync(client, fromClient).ConfigureAwait(false) ? startup : null;
                default:
                    throw new InvalidDataException("Only protocol 3 is spoken here.");
            }
        }

        return null;
    }

    private async Task<bool> KnowsPasswordAsync(Stream client, FrameReader fromClient)
    {
        if (password is null)
        {
            return true;
        }

        // In clear text: it does not leave this machine, and every driver can answer that.
        await client.WriteAsync(Frame.Make('R', 0, 0, 0, 3), stop).ConfigureAwait(false);
        if (await fromClient.ReadAsync(stop).ConfigureAwait(false) is { Type: (byte)'p' } answer && IsIt(answer.Body))
        {
            return true;
        }

        await client.WriteAsync(Frame.OfTexts('E', "SFATAL", "C28P01", "MThis gate of the explorer asks for the password that its connection string has.", ""), stop).ConfigureAwait(false);
        return false;
    }

    private bool IsIt(ReadOnlySpan<byte> answer) => CryptographicOperations.FixedTimeEquals(answer.TrimEnd((byte)0), Encoding.UTF8.GetBytes(password!));
}
