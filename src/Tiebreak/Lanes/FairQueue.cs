namespace Tiebreak.Lanes;

/// <summary>
/// What waits, by key: first come first served within a key, and turn by turn between keys, so that a key for which a
/// hundred thousand wait does not keep the others from being served. Not safe for several threads.
/// </summary>
/// <param name="weigh">What an item weighs; 1 when left out.</param>
internal sealed class FairQueue<TItem>(Func<TItem, long>? weigh = null)
{
    private readonly Dictionary<string, Queue<TItem>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, Queue<TItem> Items)> _turns = new();

    public int Count { get; private set; }

    public long Weight { get; private set; }

    public void Enqueue(string key, TItem item)
    {
        if (!_byKey.TryGetValue(key, out var items))
        {
            items = new Queue<TItem>();
            _byKey.Add(key, items);
            _turns.AddLast((key, items));
        }

        items.Enqueue(item);
        Count++;
        Weight += WeightOf(item);
    }

    /// <summary>Puts items back before all others of their key.</summary>
    public void PutBack(string key, IEnumerable<TItem> items)
    {
        Queue<TItem> behind = _byKey.TryGetValue(key, out var waiting) ? new(waiting) : new();
        waiting?.Clear();
        Count -= behind.Count;
        Weight -= behind.Sum(WeightOf);
        foreach (var item in items.Concat(behind))
        {
            Enqueue(key, item);
        }
    }

    /// <summary>Takes up to <paramref name="limit"/> items, the same share from each key as long as it has some.</summary>
    /// <param name="limit">At least 1.</param>
    /// <param name="oneKey">Only those of the key whose turn it is.</param>
    /// <param name="weightLimit">What they may weigh together; one is taken whatever it weighs.</param>
    public List<TItem> Take(int limit, bool oneKey, long weightLimit = long.MaxValue)
    {
        var taken = new List<TItem>(Math.Min(limit, Count));
        var least = Weight - weightLimit;
        var goesOn = true;
        do
        {
            var share = oneKey ? limit : Math.Max(1, (limit - taken.Count) / Math.Max(1, _turns.Count));
            for (var turn = oneKey ? 1 : _turns.Count; goesOn && turn > 0 && taken.Count < limit; turn--)
            {
                goesOn = TakeTurn(taken, Math.Min(share, limit - taken.Count), least);
            }
        }
        while (goesOn && !oneKey && taken.Count < limit && Count > 0);

        return taken;
    }

    /// <summary>Drops what matches, without a change of the order, and says how many.</summary>
    public int RemoveAll(Predicate<TItem> match)
    {
        var before = Count;
        for (var turns = _turns.Count; turns > 0; turns--)
        {
            var turn = _turns.First!.Value;
            _turns.RemoveFirst();
            for (var left = turn.Items.Count; left > 0; left--)
            {
                var item = turn.Items.Dequeue();
                if (match(item))
                {
                    NoteTaken(item);
                }
                else
                {
                    turn.Items.Enqueue(item);
                }
            }

            KeepTurn(turn);
        }

        return before - Count;
    }

    private long WeightOf(TItem item) => weigh?.Invoke(item) ?? 1;

    /// <summary>Takes from the key whose turn it is, and says whether there is room for more.</summary>
    /// <param name="taken">What was taken so far.</param>
    /// <param name="share">How many at most.</param>
    /// <param name="least">What has to stay, by weight.</param>
    private bool TakeTurn(List<TItem> taken, int share, long least)
    {
        if (_turns.First is not { Value: var turn })
        {
            return false;
        }

        for (; share > 0 && turn.Items.TryPeek(out var item); share--)
        {
            if (taken.Count > 0 && Weight - WeightOf(item) < least)
            {
                // It keeps its turn, or lighter ones would pass it for ever.
                return false;
            }

            taken.Add(turn.Items.Dequeue());
            NoteTaken(item);
        }

        _turns.RemoveFirst();
        KeepTurn(turn);
        return true;
    }

    private void KeepTurn((string Key, Queue<TItem> Items) turn)
    {
        if (turn.Items.Count > 0)
        {
            _turns.AddLast(turn);
        }
        else
        {
            _byKey.Remove(turn.Key);
        }
    }

    private void NoteTaken(TItem item)
    {
        Count--;
        Weight -= WeightOf(item);
    }
}
