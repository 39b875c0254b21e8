using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tiebreak.Races.Wire;

/// <summary>The client's side of SCRAM-SHA-256, without channel binding.</summary>
/// <remarks>RFC 5802 and 7677; https://www.postgresql.org/docs/current/sasl-authentication.html</remarks>
internal sealed class ScramClient(string password)
{
    private readonly string _nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));

    public const string Mechanism = "SCRAM-SHA-256";

    private string FirstBare => "n=,r=" + _nonce;

    /// <summary>The first message.</summary>
    public string First => "n,," + FirstBare;

    /// <summary>The answer to the server's first message.</summary>
    /// <exception cref="InvalidDataException">The server's message is none of this exchange.</exception>
    public string Final(string serverFirst)
    {
        var parts = serverFirst.Split(',').Where(part => part.Length > 2).ToDictionary(part => part[0], part => part[2..]);
        if (!parts.TryGetValue('r', out var nonce) || !nonce.StartsWith(_nonce, StringComparison.Ordinal)
            || !parts.TryGetValue('s', out var salt) || !parts.TryGetValue('i', out var rounds))
        {
            throw new InvalidDataException("The server's part of the authentication is none.");
        }

        var withoutProof = "c=biws,r=" + nonce;
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), Convert.FromBase64String(salt), int.Parse(rounds, CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), Encoding.UTF8.GetBytes($"{FirstBare},{serverFirst},{withoutProof}"));
        for (var i = 0; i < clientKey.Length; i++)
        {
            clientKey[i] ^= signature[i];
        }

        return $"{withoutProof},p={Convert.ToBase64String(clientKey)}";
    }
}
