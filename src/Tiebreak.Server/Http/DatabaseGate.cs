using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Http;

/// <summary>Answers calls with 503 as long as the database is not set up, without asking it.</summary>
internal sealed class DatabaseGate(DatabaseSetup setup) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        setup.IsDone ? next(context) : ValueTask.FromResult<object?>(new ProblemResult(HttpProblems.DatabaseUnavailable) { RetryAfterSeconds = 1 });
}
