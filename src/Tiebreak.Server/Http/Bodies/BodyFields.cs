using System.Globalization;
using System.Text.Json;

namespace Tiebreak.Server.Http.Bodies;

/// <summary>
/// Reads the members of a JSON object and collects what is wrong with them, each with its pointer, so that a client
/// sees it at once: the first hundred faults. A member that was not asked for is an error.
/// </summary>
internal sealed class BodyFields
{
    /// <summary>Nobody reads more, and an answer is no place to repeat a large body in.</summary>
    private const int MaxErrors = 100;

    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<RequestError> _errors;
    private readonly string _pointer;
    private readonly int _errorsBefore;

    public BodyFields(JsonElement body, string pointer, List<RequestError> errors)
    {
        _pointer = pointer;
        _errors = errors;
        _errorsBefore = errors.Count;
        IsObject = body.ValueKind == JsonValueKind.Object;
        if (!IsObject)
        {
            Reject(null, "This is an object, for example {}.");
            return;
        }

        foreach (var member in body.EnumerateObject())
        {
            if (!JsonText.TryName(member, out var name))
            {
                Reject(null, "A member's name is not valid Unicode.");
            }
            else if (!_members.TryAdd(name, member.Value))
            {
                Reject(name, "This member stands here twice.");
            }
        }
    }

    /// <summary>Whether it is an object at all; if not, that is noted and nothing else need be.</summary>
    public bool IsObject { get; }

    /// <summary>Whether nothing was found wrong since reading it began.</summary>
    public bool IsFine => _errors.Count == _errorsBefore;

    /// <summary>Whether the member is there and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A text of 1 to <paramref name="maxLength"/> characters without control characters; empty when it is wrong.</summary>
    public string Text(string name, int maxLength = Limits.Id) => OptionalText(name, maxLength) ?? Missing(name, string.Empty);

    /// <summary>Like <see cref="Text"/>, and <see langword="null"/> when it was left out.</summary>
    public string? OptionalText(string name, int maxLength = Limits.Id)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (JsonText.TryRead(value, out var text) && Limits.IsText(text, maxLength))
        {
            return text;
        }

        Reject(name, $"This is a text of 1 to {maxLength} characters without control characters.");
        return string.Empty;
    }

    /// <summary>A whole number within the bounds; the lower one when it is wrong.</summary>
    public long Whole(string name, long min, long max) => OptionalWhole(name, min, max) ?? Missing(name, min);

    /// <summary>Like <see cref="Whole"/>, and <see langword="null"/> when it was left out.</summary>
    public long? OptionalWhole(string name, long min, long max)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (JsonText.TryWhole(value, out var number) && number >= min && number <= max)
        {
            return number;
        }

        Reject(name, string.Create(CultureInfo.InvariantCulture, $"This is a whole number from {min} to {max}."));
        return min;
    }

    /// <summary>A number within the bounds with at most four decimal places; the lower bound when it is wrong.</summary>
    public decimal Number(string name, decimal min, decimal max)
    {
        if (Find(name) is not { } value)
        {
            return Missing(name, min);
        }

        if (JsonText.TryNumber(value, out var number) && number >= min && number <= max && decimal.Round(number, 4) == number)
        {
            return number;
        }

        Reject(name, string.Create(CultureInfo.InvariantCulture, $"This is a number from {min} to {max} with at most four decimal places."));
        return min;
    }

    /// <summary>A time with its offset (RFC 3339), in UTC and whole microseconds; <see langword="null"/> when it was left out.</summary>
    public DateTimeOffset? OptionalTime(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (JsonText.TryRead(value, out var text) && Rfc3339.TryParse(text, out var time))
        {
            return time;
        }

        Reject(name, "This is a time with its offset from UTC (RFC 3339), for example 2030-01-31T18:00:00Z.");
        return null;
    }

    /// <summary>Like <see cref="OptionalTime"/>, and required.</summary>
    public DateTimeOffset Time(string name) => Has(name) ? OptionalTime(name) ?? default : Missing<DateTimeOffset>(name, default);

    /// <summary>The elements of a list, each with its pointer; <see langword="null"/> when it was left out.</summary>
    public IReadOnlyList<(JsonElement Value, string Pointer)>? OptionalList(string name, int min, int max)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() >= min && value.GetArrayLength() <= max)
        {
            return [.. value.EnumerateArray().Select((element, i) => (element, string.Create(CultureInfo.InvariantCulture, $"{PointerTo(name)}/{i}")))];
        }

        Reject(name, string.Create(CultureInfo.InvariantCulture, $"This is a list of {min} to {max} elements."));
        return [];
    }

    /// <summary>An object within this one; <see langword="null"/> when it was left out.</summary>
    public BodyFields? OptionalObject(string name) =>
        Find(name) is { } value ? new BodyFields(value, PointerTo(name), _errors) : null;

    /// <summary>The objects of a list; none when it is wrong. Each is read, and its unknown members rejected, on its own.</summary>
    public IEnumerable<BodyFields> Objects(string name, int min, int max) =>
        (OptionalList(name, min, max) ?? Missing<IReadOnlyList<(JsonElement Value, string Pointer)>>(name, [])).Select(element => new BodyFields(element.Value, element.Pointer, _errors));

    /// <summary>The members that were not asked for by name, which are known from now on; those that are null are left out.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> Others()
    {
        var others = _members.Where(member => !_known.Contains(member.Key)).ToList();
        _known.UnionWith(others.Select(member => member.Key));
        return [.. others.Where(member => member.Value.ValueKind != JsonValueKind.Null).Select(member => (member.Key, member.Value))];
    }

    /// <summary>Notes that the member is wrong in a way that its type does not show.</summary>
    public void Reject(string? name, string detail) => RejectAt(name is null ? _pointer : PointerTo(name), detail);

    /// <summary>Notes that an element of a list is wrong; the pointer is the one that came with it.</summary>
    public void RejectAt(string pointer, string detail)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.Add(new RequestError(detail, pointer));
        }
    }

    /// <summary>Notes every member that nobody asked for. Called last.</summary>
    public void RejectUnknown()
    {
        var detail = _known.Count == 0
            ? "This member is not known; the object takes none."
            : $"This member is not known; the object takes {string.Join(", ", _known.Order(StringComparer.Ordinal))}.";
        foreach (var name in _members.Keys.Where(name => !_known.Contains(name)).Take(MaxErrors))
        {
            Reject(name, detail);
        }
    }

    private JsonElement? Find(string name)
    {
        _known.Add(name);
        return _members.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private T Missing<T>(string name, T placeholder)
    {
        Reject(name, "This member is required.");
        return placeholder;
    }

    private string PointerTo(string name) => _pointer + "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
