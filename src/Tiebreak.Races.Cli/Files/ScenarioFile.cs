using System.Data;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Cli.Files;

/// <summary>What a scenario's file says.</summary>
internal sealed record ScenarioFile
{
    public required string Path { get; init; }

    /// <summary>A connection string of the driver, or <see langword="null"/> for a private PostgreSQL.</summary>
    public string? Database { get; init; }

    public IReadOnlyList<string> Schema { get; init; } = [];

    public IReadOnlyList<string> Given { get; init; } = [];

    public required IReadOnlyList<ActorSpec> Actors { get; init; }

    /// <summary>Whether scripts and actors have the server's own role.</summary>
    public bool Superuser { get; init; }

    public bool Warmup { get; init; } = true;

    public IReadOnlyList<Invariant> Invariants { get; init; } = [];

    public IReadOnlyList<string> Ignore { get; init; } = [];

    public IReadOnlyList<IsolationLevel> Isolation { get; init; } = [];

    public AutocommitMode Autocommit { get; init; }

    public IReadOnlyList<int> BusyStatus { get; init; } = [];

    public IReadOnlyList<int> BusyExitCodes { get; init; } = [];

    /// <summary>The folder that relative paths and commands start from.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
}

/// <summary>One actor of a scenario's file: exactly one of the three kinds is there.</summary>
internal sealed record ActorSpec(string Name, int Port, HttpSpec? Http, IReadOnlyList<string>? Command, IReadOnlyList<string>? Sql, string? Password = null);

/// <summary>A request.</summary>
internal sealed record HttpSpec(string Method, Uri Url, IReadOnlyDictionary<string, string> Headers, string? Body);
