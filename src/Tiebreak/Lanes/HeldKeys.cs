namespace Tiebreak.Lanes;

/// <summary>
/// The keys of a lane whose rows somebody holds, and how many wait for each. A key stays here until its rows were had
/// and nobody waits for them any more, so that no batch runs into them again and each key is served in its order.
/// Safe for several threads.
/// </summary>
internal sealed class HeldKeys
{
    // Keys for which nobody waits are kept as a warning; not all keys of a database.
    private const int Warnings = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Held> _keys = new(StringComparer.Ordinal);

    /// <summary>Notes that somebody holds these.</summary>
    public void Add(IEnumerable<string> keys)
    {
        lock (_gate)
        {
            foreach (var key in keys)
            {
                if (_keys.TryGetValue(key, out var held))
                {
                    held.WasHad = false;
                    continue;
                }

                ForgetWarnings();
                _keys.Add(key, new Held());
            }
        }
    }

    /// <summary>Counts a request among those who wait for the keys that are held, and says whether one of its keys is.</summary>
    /// <param name="keys">The request's keys.</param>
    /// <param name="waited">The held ones that it is counted for already; the others are added.</param>
    public bool Join(IReadOnlyList<string> keys, List<string> waited)
    {
        lock (_gate)
        {
            var joined = false;
            for (var i = 0; _keys.Count > 0 && i < keys.Count; i++)
            {
                if (_keys.TryGetValue(keys[i], out var held))
                {
                    joined = true;
                    if (!waited.Contains(keys[i]))
                    {
                        waited.Add(keys[i]);
                        held.Waiting++;
                    }
                }
            }

            return joined;
        }
    }

    /// <summary>Takes a request off the count.</summary>
    /// <param name="waited">The keys that it was counted for; emptied.</param>
    /// <param name="had">Whether it had their rows.</param>
    public void Leave(List<string> waited, bool had)
    {
        if (waited.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var key in waited)
            {
                var held = _keys[key];
                held.Waiting--;
                held.WasHad |= had;
                if (held is { Waiting: 0, WasHad: true })
                {
                    _keys.Remove(key);
                }
            }

            waited.Clear();
        }
    }

    private void ForgetWarnings()
    {
        if (_keys.Count >= Warnings)
        {
            foreach (var key in _keys.Where(pair => pair.Value.Waiting == 0).Select(pair => pair.Key).ToList())
            {
                _keys.Remove(key);
            }
        }
    }

    private sealed class Held
    {
        public int Waiting { get; set; }

        public bool WasHad { get; set; }
    }
}
