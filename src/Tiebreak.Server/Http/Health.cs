using Microsoft.AspNetCore.Http.HttpResults;
using Tiebreak.Server.Http.OpenApi;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Http;

/// <summary>Whether the process lives, and whether it can do its work.</summary>
internal static class Health
{
    public const string LivePath = "/health/live";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").WithTags("Health");
        health.MapGet("/live", GetLive).Gives(new HealthModel("live"), HttpJson.Default.HealthModel)
            .WithSummary("Says that the process runs; looks at nothing else");
        health.MapGet("/ready", GetReadyAsync).Gives(new HealthModel("ready"), HttpJson.Default.HealthModel)
            .WithSummary("Says whether the database can be reached, is set up, and can write");
    }

    private static JsonHttpResult<HealthModel> GetLive() => TypedResults.Json(new HealthModel("live"), HttpJson.Default.HealthModel);

    private static async Task<IResult> GetReadyAsync(WriteProbe probe, DatabaseState state, CancellationToken cancellationToken)
    {
        if (!state.IsSetUp)
        {
            return Unavailable();
        }

        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(Bound);
        try
        {
            return await probe.CanWorkAsync(bound.Token) ? TypedResults.Json(new HealthModel("ready"), HttpJson.Default.HealthModel) : Unavailable();
        }
        catch (Exception exception) when (DatabaseFailures.Of(exception, out _) != DatabaseFailure.None || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Unavailable();
        }
    }

    private static ProblemResult Unavailable() => new(HttpProblems.DatabaseUnavailable) { RetryAfterSeconds = 1 };
}

/// <summary>A state of the server.</summary>
/// <param name="Status"><c>live</c> or <c>ready</c>.</param>
internal sealed record HealthModel(string Status);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase)]
[System.Text.Json.Serialization.JsonSerializable(typeof(HealthModel))]
internal sealed partial class HttpJson : System.Text.Json.Serialization.JsonSerializerContext;
