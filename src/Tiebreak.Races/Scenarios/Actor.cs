namespace Tiebreak.Races.Scenarios;

/// <summary>One of those who meet.</summary>
internal sealed record Actor
{
    /// <summary>As the timeline shows it; unique.</summary>
    public required string Name { get; init; }

    /// <summary>What it does. It is given a connection string of its own and returns what the caller of the operation is told.</summary>
    /// <remarks>An exception is an answer too: see <see cref="ActorAnswer"/>.</remarks>
    public required Func<string, CancellationToken, Task<ActorAnswer>> RunAsync { get; init; }

    /// <summary>Gives back what it keeps for a connection string between runs.</summary>
    public Func<string, ValueTask> CloseAsync { get; init; } = static _ => ValueTask.CompletedTask;

    /// <summary>Whether an error that it ends in even alone means that its set-up is wrong; in this process it may be a refusal.</summary>
    public bool SucceedsAlone { get; init; }

    /// <summary>The loopback port on which its database is offered; 0 for any free one.</summary>
    public int Port { get; init; }

    /// <summary>The password that is asked for on that port; <see langword="null"/> lets in everybody on this machine.</summary>
    public string? Password { get; init; }
}
