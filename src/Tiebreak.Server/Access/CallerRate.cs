using System.Globalization;
using System.Threading.RateLimiting;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Settings;

namespace Tiebreak.Server.Access;

/// <summary>Bounds how many calls one caller (an address) may make. Off unless <c>RateLimit:PerSecond</c> is set.</summary>
internal static class CallerRate
{
    public static IServiceCollection AddCallerRate(this IServiceCollection services, IConfiguration configuration)
    {
        var perSecond = PerSecond(configuration);
        return services.AddRateLimiter(options =>
        {
            options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(httpContext => perSecond <= 0 || !httpContext.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase)
                ? RateLimitPartition.GetNoLimiter("unlimited")
                : RateLimitPartition.GetTokenBucketLimiter(httpContext.Connection.RemoteIpAddress?.ToString() ?? string.Empty, _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = perSecond,
                    TokensPerPeriod = perSecond,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                }));
            options.OnRejected = (context, _) => new ValueTask(new ProblemResult(HttpProblems.TooManyRequests) { RetryAfterSeconds = 1 }.ExecuteAsync(context.HttpContext));
        });
    }

    private static int PerSecond(IConfiguration configuration) =>
        configuration["RateLimit:PerSecond"] is not { } text ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var perSecond) ? perSecond
        : throw new SettingsException($"RateLimit:PerSecond is a whole number from 0 (off) up, not '{text}'.");

    public static void UseCallerRate(this WebApplication app)
    {
        // A limiter without a limit still takes its lock for every request.
        if (PerSecond(app.Configuration) > 0)
        {
            app.UseRateLimiter();
        }
    }
}
