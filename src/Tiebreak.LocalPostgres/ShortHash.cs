using System.Security.Cryptography;
using System.Text;

namespace Tiebreak.LocalPostgres;

/// <summary>A short name for a long path, the same at every start.</summary>
internal static class ShortHash
{
    internal static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
}
