using System.Text;

namespace Tiebreak.Server.Http.Bodies;

/// <summary>The contract's bounds that more than one system shares.</summary>
internal static class Limits
{
    /// <summary>The most characters of an id that callers choose, and of a name or reason.</summary>
    public const int Id = 200;

    /// <summary>The most bytes of a body.</summary>
    public const int BodyBytes = 64 * 1024;

    /// <summary>The most characters of an idempotency key.</summary>
    public const int IdempotencyKey = 255;

    /// <summary>The largest whole number that JSON's readers agree on, 2^53 - 1.</summary>
    public const long Points = 9_007_199_254_740_991;

    /// <summary>1 to <paramref name="maxLength"/> characters, no control characters, valid Unicode. A character is a Unicode scalar.</summary>
    public static bool IsText(string text, int maxLength)
    {
        var count = 0;
        for (var i = 0; i < text.Length; count++)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune) || Rune.IsControl(rune))
            {
                return false;
            }

            i += rune.Utf16SequenceLength;
        }

        return count >= 1 && count <= maxLength;
    }
}
