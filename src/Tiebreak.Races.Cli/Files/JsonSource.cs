using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tiebreak.Races.Cli.Files;

/// <summary>A file of JSON, comments and trailing commas allowed, in which every value knows its line.</summary>
internal sealed class JsonSource
{
    private readonly byte[] _bytes;

    private JsonSource(string path, byte[] bytes)
    {
        Path = path;
        _bytes = bytes;
    }

    public string Path { get; }

    public JsonItem Root { get; private set; } = null!;

    /// <exception cref="ScenarioFileException">It cannot be read, or is no JSON.</exception>
    public static JsonSource Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioFileException($"{path}: cannot be read: {exception.Message} Write one with: tiebreak init {path}");
        }

        return Parse(path, bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);
    }

    public static JsonSource Parse(string path, byte[] bytes)
    {
        var source = new JsonSource(path, bytes);
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            reader.Read();
            source.Root = source.Item(ref reader, "");
            while (reader.Read())
            {
                // Nothing but comments may follow; the reader says so itself.
            }
        }
        catch (JsonException exception)
        {
            var line = (exception.LineNumber ?? 0) + 1;
            var column = (exception.BytePositionInLine ?? 0) + 1;
            throw new ScenarioFileException(string.Create(CultureInfo.InvariantCulture, $"{path}:{line}:{column}: no JSON: {Reason(exception)}"));
        }

        return source;
    }

    /// <summary>An error at a place: <c>race.json:3:5: /actors/0: ...</c>.</summary>
    public ScenarioFileException Error(int offset, string pointer, string message)
    {
        var line = 1 + _bytes.AsSpan(0, offset).Count((byte)'\n');
        var start = _bytes.AsSpan(0, offset).LastIndexOf((byte)'\n') + 1;
        var column = Encoding.UTF8.GetCharCount(_bytes, start, offset - start) + 1;
        return new ScenarioFileException(string.Create(CultureInfo.InvariantCulture, $"{Path}:{line}:{column}: {(pointer.Length == 0 ? "/" : pointer)}: {message}"));
    }

    public ScenarioFileException Error(JsonItem item, string message) => Error(item.Offset, item.Pointer, message);

    private JsonItem Item(ref Utf8JsonReader reader, string pointer)
    {
        var offset = (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return new JsonItem(JsonValueKind.Object, pointer, offset, "", Members(ref reader, pointer), []);
            case JsonTokenType.StartArray:
                var items = new List<JsonItem>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Item(ref reader, string.Create(CultureInfo.InvariantCulture, $"{pointer}/{items.Count}")));
                }

                return new JsonItem(JsonValueKind.Array, pointer, offset, "", [], items);
            case JsonTokenType.String:
                return new JsonItem(JsonValueKind.String, pointer, offset, reader.GetString()!, [], []);
            case JsonTokenType.Number:
                return new JsonItem(JsonValueKind.Number, pointer, offset, Encoding.UTF8.GetString(reader.ValueSpan), [], []);
            default:
                var kind = reader.TokenType switch { JsonTokenType.True => JsonValueKind.True, JsonTokenType.False => JsonValueKind.False, _ => JsonValueKind.Null };
                return new JsonItem(kind, pointer, offset, "", [], []);
        }
    }

    private List<JsonMember> Members(ref Utf8JsonReader reader, string pointer)
    {
        var members = new List<JsonMember>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var (name, offset) = (reader.GetString()!, (int)reader.TokenStartIndex);
            var inner = $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
            if (members.Exists(member => member.Name == name))
            {
                throw Error(offset, inner, $"\"{name}\" stands here twice. Keep one of the two.");
            }

            reader.Read();
            members.Add(new JsonMember(name, inner, offset, Item(ref reader, inner)));
        }

        return members;
    }

    // The position is told already, in a form that editors understand.
    private static string Reason(JsonException exception) => exception.Message.Split(" LineNumber:")[0];
}
