namespace Tiebreak.Races.Wire;

/// <summary>The answers that the server owes, in the order in which it gives them.</summary>
internal sealed class OwedAnswers
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Expected> _expected = new();
    private bool _isLost;

    public bool Any => First is not null;

    /// <summary>The one that comes next.</summary>
    public Expected? First
    {
        get
        {
            lock (_lock)
            {
                return _expected.First?.Value;
            }
        }
    }

    /// <summary>The step that the next Sync ends.</summary>
    public HeldStatement? StepOfSync
    {
        get
        {
            lock (_lock)
            {
                return _expected.FirstOrDefault(expected => expected.Kind is ExpectedKind.Sync)?.Step;
            }
        }
    }

    public Expected Add(Expected expected)
    {
        lock (_lock)
        {
            if (_isLost)
            {
                Lose(expected);
            }
            else
            {
                _expected.AddLast(expected);
            }
        }

        return expected;
    }

    public void Remove(Expected expected)
    {
        lock (_lock)
        {
            _expected.Remove(expected);
        }
    }

    /// <summary>None of them will come any more, and none of those that are expected from now on.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            _isLost = true;
            foreach (var expected in _expected)
            {
                Lose(expected);
            }

            _expected.Clear();
        }
    }

    private static void Lose(Expected expected)
    {
        expected.Step?.Lose("The server closed the connection.");
        expected.Complete();
    }
}
