namespace Tiebreak.Lanes;

/// <summary>
/// What waits, by key: first come first served within a key, and turn by turn between keys, so that a key for which a
/// hundred thousand wait does not keep the others from being served. Not safe for several threads.
/// </summary>
internal sealed class FairQueue<TItem>
{
    private readonly Dictionary<string, Queue<TItem>> _byKey = new(StringComparer.Ordinal);
    private readonly Queue<(string Key, Queue<TItem> Items)> _turns = new();

    public int Count { get; private set; }

    public void Enqueue(string key, TItem item)
    {
        if (!_byKey.TryGetValue(key, out var items))
        {
            items = new Queue<TItem>();
            _byKey.Add(key, items);
            _turns.Enqueue((key, items));
        }

        items.Enqueue(item);
        Count++;
    }

    /// <summary>Takes up to <paramref name="limit"/> items, the same share from each key as long as it has some.</summary>
    /// <param name="limit">At least 1.</param>
    /// <param name="oneKey">Only those of the key whose turn it is.</param>
    public List<TItem> Take(int limit, bool oneKey)
    {
        var taken = new List<TItem>(Math.Min(limit, Count));
        do
        {
            var share = oneKey ? limit : Math.Max(1, (limit - taken.Count) / Math.Max(1, _turns.Count));
            for (var turn = oneKey ? 1 : _turns.Count; turn > 0 && taken.Count < limit; turn--)
            {
                TakeTurn(taken, Math.Min(share, limit - taken.Count));
            }
        }
        while (!oneKey && taken.Count < limit && Count > 0);

        return taken;
    }

    /// <summary>Drops what matches, without a change of the order, and says how many.</summary>
    public int RemoveAll(Predicate<TItem> match)
    {
        var before = Count;
        for (var turns = _turns.Count; turns > 0; turns--)
        {
            var (key, items) = _turns.Dequeue();
            for (var left = items.Count; left > 0; left--)
            {
                var item = items.Dequeue();
                if (match(item))
                {
                    Count--;
                }
                else
                {
                    items.Enqueue(item);
                }
            }

            if (items.Count > 0)
            {
                _turns.Enqueue((key, items));
            }
            else
            {
                _byKey.Remove(key);
            }
        }

        return before - Count;
    }

    private void TakeTurn(List<TItem> taken, int share)
    {
        if (!_turns.TryDequeue(out var turn))
        {
            return;
        }

        for (; share > 0 && turn.Items.TryDequeue(out var item); share--)
        {
            taken.Add(item);
            Count--;
        }

        if (turn.Items.Count > 0)
        {
            _turns.Enqueue(turn);
        }
        else
        {
            _byKey.Remove(turn.Key);
        }
    }
}
