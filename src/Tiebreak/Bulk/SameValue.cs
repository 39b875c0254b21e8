using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tiebreak.Bulk;

/// <summary>Says whether values are alike to the last bit: 1.0 and 1.00, or 0.0 and -0.0, are equal and stored otherwise.</summary>
internal static class SameValue
{
    /// <summary>False as well where that is not easily told, or where the value is null.</summary>
    public static bool InAll<T>(T[] values)
    {
        if (values is not [{ } first, ..])
        {
            return false;
        }

        if (first is string text)
        {
            return Array.TrueForAll(values, value => string.Equals(value as string, text, StringComparison.Ordinal));
        }

        if (values.Length == 1)
        {
            return true;
        }

        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
        {
            return false;
        }

        // Each value's bytes are those of the one before it.
        var bytes = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetArrayDataReference(values)), values.Length * Unsafe.SizeOf<T>());
        return bytes[Unsafe.SizeOf<T>()..].SequenceEqual(bytes[..^Unsafe.SizeOf<T>()]);
    }
}
