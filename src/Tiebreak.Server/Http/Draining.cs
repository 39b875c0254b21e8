using Tiebreak.Server.Http.Problems;

namespace Tiebreak.Server.Http;

/// <summary>
/// Lets the requests under way finish before the listener closes, and answers new ones with 503 meanwhile, so that a
/// load balancer sees an answer and not a refused connection.
/// </summary>
internal sealed class Draining(IHostApplicationLifetime lifetime, ILogger<Draining> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(25);
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _underWay;
    private volatile bool _isStopping;

    /// <summary>A signal raises the lifetime's token first; a call of StopAsync comes here first.</summary>
    private bool IsStopping => _isStopping || lifetime.ApplicationStopping.IsCancellationRequested;

    public async Task InvokeAsync(HttpContext httpContext, RequestDelegate next)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            // Counted first and looked at second: a request that comes with the signal is either waited for or refused.
            if (IsStopping && httpContext.Request.Path != Health.LivePath)
            {
                httpContext.Response.Headers.Connection = "close";
                await new ProblemResult(HttpProblems.ShuttingDown) { RetryAfterSeconds = 5 }.ExecuteAsync(httpContext);
                return;
            }

            await next(httpContext);
        }
        finally
        {
            if (Interlocked.Decrement(ref _underWay) == 0 && IsStopping)
            {
                _empty.TrySetResult();
            }
        }
    }

    /// <summary>Comes before any service, the web server among them, is stopped.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;

        // The flag must be seen by whoever leaves from now on, before we look at who is still there.
        Interlocked.MemoryBarrier();
        var count = Volatile.Read(ref _underWay);
        if (count == 0)
        {
            return;
        }

        logger.LogInformation("Stopping: waiting for {Count} requests under way", count);
        await Task.WhenAny(_empty.Task, Task.Delay(Bound, cancellationToken));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
