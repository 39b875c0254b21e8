using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Races.Tests;

/// <summary>One of the server's operations with its arguments.</summary>
/// <param name="Name">As the test's name tells it.</param>
/// <param name="RunAsync">Runs it; the answer as the API would give it.</param>
internal sealed record ServerOperation(string Name, Func<IServiceProvider, CancellationToken, Task<object?>> RunAsync)
{
    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>An operation with a request.</summary>
    public static ServerOperation Of<TOperation, TRequest, TState, TValue>(string name, Func<TRequest> request)
        where TOperation : SystemOperation<TRequest, TState, Outcome<TValue>>
        where TValue : class =>
        new(name, async (services, cancellationToken) => Told(await services.GetRequiredService<TOperation>().RunAsync(request(), cancellationToken)));

    /// <summary>What the caller is told.</summary>
    public static object? Told<TValue>(Outcome<TValue> outcome)
        where TValue : class =>
        outcome.IsAccepted
            ? new { accepted = outcome.Value, outcome.IsReplay }
            : new { refused = outcome.Refusal.Kind.Code, facts = outcome.Refusal.Facts.Select(fact => $"{fact.Name} = {fact.Value}") };
}
