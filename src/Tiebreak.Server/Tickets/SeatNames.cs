using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Tickets;

/// <summary>Reads the member <c>seats</c> of a body.</summary>
internal static class SeatNames
{
    /// <summary>A list of 100,000 wrong names is not answered with as many errors.</summary>
    private const int MaxErrors = 20;

    /// <summary>The names as written, each 1 to 200 characters and there once; <see langword="null"/> when the list was left out.</summary>
    public static string[]? Read(BodyFields fields, int max)
    {
        if (fields.OptionalList("seats", 1, max) is not { } elements)
        {
            return null;
        }

        var names = new HashSet<string>(elements.Count, StringComparer.Ordinal);
        var errors = 0;
        foreach (var (value, pointer) in elements)
        {
            var isName = JsonText.TryRead(value, out var name) && Limits.IsText(name, Limits.Id);
            if (isName && names.Add(name))
            {
                continue;
            }

            fields.RejectAt(pointer, isName ? "This seat stands here twice." : $"This is a text of 1 to {Limits.Id} characters without control characters.");
            if (++errors == MaxErrors)
            {
                break;
            }
        }

        return [.. names];
    }
}
