using Microsoft.Extensions.DependencyInjection;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Races.Tests;

/// <summary>One of the server's operations with its arguments.</summary>
/// <param name="Name">As the test's name tells it.</param>
/// <param name="Operation">The operation's type.</param>
/// <param name="Touches">Whose rows it reads or writes: two operations with something in common meet.</param>
/// <param name="RunAsync">Runs it; the answer as the API would give it.</param>
internal sealed record ServerOperation(string Name, Type Operation, IReadOnlyList<string> Touches, Func<IServiceProvider, CancellationToken, Task<object?>> RunAsync)
{
    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Whether the two can meet on a row.</summary>
    public bool Meets(ServerOperation other) => Touches.Intersect(other.Touches, StringComparer.Ordinal).Any();

    /// <summary>An operation with a request.</summary>
    public static ServerOperation Of<TOperation, TRequest, TState, TValue>(string name, string[] touches, Func<TRequest> request)
        where TOperation : SystemOperation<TRequest, TState, Outcome<TValue>>
        where TValue : class =>
        new(name, typeof(TOperation), touches, async (services, cancellationToken) => Told(await services.GetRequiredService<TOperation>().RunAsync(request(), cancellationToken)));

    /// <summary>What the caller is told.</summary>
    public static object? Told<TValue>(Outcome<TValue> outcome)
        where TValue : class =>
        outcome.IsAccepted
            ? new { accepted = outcome.Value, outcome.IsReplay }
            : new { refused = outcome.Refusal.Kind.Code, facts = outcome.Refusal.Facts.Select(fact => $"{fact.Name} = {fact.Value}") };

    /// <summary>Who asks: nobody in particular, or a request that may come twice.</summary>
    public static Identity By(string? key) => key is null ? Identity.None : new Identity(key, new byte[32]);
}
