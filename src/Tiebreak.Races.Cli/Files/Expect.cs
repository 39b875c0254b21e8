using System.Globalization;
using System.Text.Json;

namespace Tiebreak.Races.Cli.Files;

/// <summary>Reads values of the kinds that a scenario's file has, and says where another kind stands.</summary>
internal sealed class Expect(JsonSource source)
{
    /// <summary>The members of an object, which may have no others.</summary>
    public IReadOnlyDictionary<string, JsonItem> Object(JsonItem item, params string[] names)
    {
        Kind(item, JsonValueKind.Object, $"an object with {Or(names, "and")}");
        foreach (var member in item.Members.Where(member => !names.Contains(member.Name, StringComparer.Ordinal)))
        {
            var near = names.Where(name => Distance(name, member.Name) <= 2).MinBy(name => Distance(name, member.Name));
            throw source.Error(member.Offset, member.Pointer, near is null
                ? $"\"{member.Name}\" is not known here. Known are {Or(names, "and")}."
                : $"\"{member.Name}\" is not known here. Write \"{near}\".");
        }

        return item.Members.ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal);
    }

    public string String(JsonItem item, string what)
    {
        Kind(item, JsonValueKind.String, what);
        return item.Text.Length > 0 ? item.Text : throw source.Error(item, $"is empty. Write {what}.");
    }

    public IReadOnlyList<string> Strings(JsonItem item, string what)
    {
        Kind(item, JsonValueKind.Array, what);
        return [.. item.Items.Select(inner => String(inner, "a string"))];
    }

    public bool Bool(JsonItem item) => item.Kind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw source.Error(item, $"is {Name(item.Kind)}. Write true or false."),
    };

    public IReadOnlyList<int> Integers(JsonItem item, string what)
    {
        Kind(item, JsonValueKind.Array, what);
        return [.. item.Items.Select(inner => int.TryParse(inner.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && inner.Kind == JsonValueKind.Number
            ? number
            : throw source.Error(inner, "is no whole number. Write one, such as 503."))];
    }

    public void Kind(JsonItem item, JsonValueKind kind, string what)
    {
        if (item.Kind != kind)
        {
            throw source.Error(item, $"is {Name(item.Kind)}. Write {what}.");
        }
    }

    public static string Or(IReadOnlyList<string> names, string word)
    {
        var quoted = names.Select(name => $"\"{name}\"").ToList();
        return quoted.Count < 2 ? string.Concat(quoted) : $"{string.Join(", ", quoted.Take(quoted.Count - 1))} {word} {quoted[^1]}";
    }

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var left = 1; left <= one.Length; left++)
        {
            var diagonal = row[0];
            row[0] = left;
            for (var right = 1; right <= other.Length; right++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(one[left - 1]) == char.ToLowerInvariant(other[right - 1]) ? 0 : 1);
                diagonal = row[right];
                row[right] = Math.Min(replaced, Math.Min(row[right], row[right - 1]) + 1);
            }
        }

        return row[^1];
    }
}
