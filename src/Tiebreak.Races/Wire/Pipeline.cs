using System.Text;

namespace Tiebreak.Races.Wire;

/// <summary>The messages of the extended protocol that wait for their Sync or Flush.</summary>
internal sealed class Pipeline(StatementClassifier classifier, Func<GateRun?> currentRun)
{
    private readonly PreparedStatements _prepared = new();
    private readonly List<Piece> _pieces = [];

    public bool IsEmpty => _pieces.Count == 0;

    /// <summary>All of them with the one that ends them; the next begins empty.</summary>
    public IReadOnlyList<Piece> End(Frame frame)
    {
        Piece[] all = [.. _pieces, new Piece(frame.Type, frame.Bytes.ToArray())];
        _pieces.Clear();
        return all;
    }

    public void Add(Frame frame)
    {
        var bytes = frame.Bytes.ToArray();
        switch ((char)frame.Type)
        {
            case 'P':
                var parsed = _prepared.Parse(frame.Body);
                if (parsed.Length == 0 && currentRun()?.Settings.Rewrite is { } rewrite)
                {
                    bytes = Injected.Parse("", rewrite(_prepared.SqlOf("")), _prepared.TypesOf(""));
                }

                break;
            case 'B':
                bytes = Bound(frame, bytes);
                break;
            case 'C':
                _prepared.Close(frame.Body);
                break;
            case 'E':
                var body = frame.Body;
                var statement = _prepared.Portal(PreparedStatements.Text(ref body));
                _pieces.Add(new Piece(frame.Type, bytes, statement, classifier.Classify(statement.Sql)));
                return;
        }

        _pieces.Add(new Piece(frame.Type, bytes));
    }

    /// <summary>A Bind of a named statement whose text is another one in this run goes to a statement of the gate's own.</summary>
    private byte[] Bound(Frame frame, byte[] bytes)
    {
        var (name, offset) = _prepared.Bind(frame.Body);
        if (name.Length == 0 || currentRun()?.Settings.Rewrite is not { } rewrite)
        {
            return bytes;
        }

        var sql = _prepared.SqlOf(name);
        var other = rewrite(sql);
        if (other == sql)
        {
            return bytes;
        }

        // Parsed anew each time: an error before it may have made the server skip it the last time.
        const string ours = "tiebreak_rewritten";
        _pieces.Add(new Piece(Piece.OwnClose, Injected.Close(ours)));
        _pieces.Add(new Piece(Piece.OwnParse, Injected.Parse(ours, other, _prepared.TypesOf(name))));

        var tail = offset + Encoding.UTF8.GetByteCount(name) + 1;
        return Frame.Make('B', [.. frame.Body[..offset], .. Encoding.UTF8.GetBytes(ours), 0, .. frame.Body[tail..]]);
    }
}
