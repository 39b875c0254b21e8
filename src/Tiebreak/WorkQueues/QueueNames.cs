namespace Tiebreak.WorkQueues;

/// <summary>What a queue and a key may be called.</summary>
internal static class QueueNames
{
    public static void CheckQueue(string queue, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(queue, parameter);
        CheckLength(queue, QueuedJob.MaxQueueLength, "A queue's name", parameter);
    }

    public static void CheckKey(string? key, string parameter)
    {
        if (key is null)
        {
            return;
        }

        if (key.Length == 0)
        {
            throw new ArgumentException("An empty key names nothing. Leave the key out for a job without an order.", parameter);
        }

        CheckLength(key, QueuedJob.MaxKeyLength, "A key", parameter);
    }

    private static void CheckLength(string text, int bound, string what, string parameter)
    {
        if (text.Length > bound || text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"{what} has {bound} characters at most, none of them U+0000; this one has {text.Length}.", parameter);
        }
    }
}
