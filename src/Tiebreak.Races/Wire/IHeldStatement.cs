using System.Data;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Wire;

/// <summary>A statement that waits at the gate.</summary>
internal interface IHeldStatement
{
    /// <summary>The actor's connection, by order of first use in this run, from 0.</summary>
    int Connection { get; }

    /// <summary>The process that serves that connection.</summary>
    int BackendPid { get; }

    /// <summary>What it asks.</summary>
    StepKind Kind { get; }

    /// <summary>Its text as the server is given it; <c>COMMIT</c> for the held end of an implicit transaction.</summary>
    string Sql { get; }

    /// <summary>Its parameters as text, as far as known.</summary>
    IReadOnlyList<string?> Parameters { get; }

    /// <summary>Whether it stands outside a transaction and goes through whole.</summary>
    bool IsAutocommit { get; }

    /// <summary>The level that its transaction chose for itself; <see langword="null"/> when it chose none, or none that is known.</summary>
    IsolationLevel? Isolation => null;

    /// <summary>
    /// Lets it go. Completes with the server's answer, before or while the client is given it; never before the server has
    /// answered, and never with an exception: a connection that goes away is a result.
    /// </summary>
    Task<StatementResult> ReleaseAsync();
}
