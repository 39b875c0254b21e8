using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Http;

/// <summary>Answers calls with 503 as long as the database is not set up, without asking it.</summary>
internal sealed class DatabaseGate(DatabaseState database) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        database.IsSetUp ? next(context) : ValueTask.FromResult<object?>(new ProblemResult(HttpProblems.DatabaseUnavailable) { RetryAfterSeconds = 1 });
}
