namespace Tiebreak.Races.Reports;

/// <summary>Breaks a text into lines, between words where it can.</summary>
internal static class TextWrap
{
    public static IReadOnlyList<string> At(string text, int width, int mostLines = int.MaxValue)
    {
        var lines = new List<string>();
        var rest = text.Trim();
        while (rest.Length > 0)
        {
            var end = EndOfLine(rest, width);
            lines.Add(rest[..end].TrimEnd());
            rest = rest[end..].TrimStart();
        }

        if (lines.Count <= mostLines)
        {
            return lines;
        }

        var last = lines[mostLines - 1];
        return [.. lines.Take(mostLines - 1), $"{last[..Math.Min(last.Length, width - 3)]}..."];
    }

    private static int EndOfLine(string text, int width)
    {
        var newline = text.AsSpan(0, Math.Min(text.Length, width + 1)).IndexOf('\n');
        if (newline >= 0)
        {
            return newline + 1;
        }

        if (text.Length <= width)
        {
            return text.Length;
        }

        var space = text.LastIndexOf(' ', width, width / 2 + 1);
        return space > 0 ? space : SafeCut(text, width);
    }

    // A character outside the basic plane is two chars; a line never ends between them.
    private static int SafeCut(string text, int width) => char.IsHighSurrogate(text[width - 1]) ? width - 1 : width;
}
