namespace Tiebreak.Races.Wire;

/// <summary>Statements that the gate sends on a client's connection.</summary>
internal static class Injected
{
    private const string Name = "tiebreak_gate";

    /// <summary>
    /// A statement by the extended protocol under a name of its own, with its Sync: a simple Query would destroy what the
    /// client has parsed without a name (https://www.postgresql.org/docs/current/protocol-flow.html, "Extended Query").
    /// </summary>
    public static byte[] Statement(string sql) =>
    [
        // The one before failed at its Execute, perhaps, and the server skipped its Close.
        .. Close(Name),
        .. Frame.Make('P', [.. Texts(Name, sql), 0, 0]),
        .. Frame.Make('B', [.. Texts(Name, Name), 0, 0, 0, 0, 0, 0]),
        .. Frame.Make('E', [.. Texts(Name), 0, 0, 0, 0]),
        .. Frame.Make('C', [(byte)'P', .. Texts(Name)]),
        .. Close(Name),
        .. Frame.Make('S'),
    ];

    /// <summary>Asks the server to send what it has.</summary>
    public static byte[] Flush { get; } = Frame.Make('H');

    /// <summary>A Parse of another text under a name.</summary>
    public static byte[] Parse(string name, string sql, uint[] types)
    {
        var body = new List<byte>([.. Texts(name, sql), (byte)(types.Length >> 8), (byte)types.Length]);
        foreach (var type in types)
        {
            body.AddRange([(byte)(type >> 24), (byte)(type >> 16), (byte)(type >> 8), (byte)type]);
        }

        return Frame.Make('P', [.. body]);
    }

    /// <summary>A Close of a statement.</summary>
    public static byte[] Close(string name) => Frame.Make('C', [(byte)'S', .. Texts(name)]);

    private static byte[] Texts(params ReadOnlySpan<string> texts)
    {
        var bytes = new List<byte>();
        foreach (var text in texts)
        {
            bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(text));
            bytes.Add(0);
        }

        return [.. bytes];
    }
}
