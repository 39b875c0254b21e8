namespace Tiebreak.Server.Http.Problems;

/// <summary>
/// What every answer has, whoever gives it: a problem document for a failure or a bare status, and the header that keeps
/// a browser from guessing types. A startup filter, so that it stands before what the framework puts first.
/// </summary>
internal sealed class EveryAnswer : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(following => httpContext =>
        {
            // At the last moment: whoever turns a failure into an answer clears the headers that were set before.
            httpContext.Response.OnStarting(static state =>
            {
                ((HttpContext)state).Response.Headers.XContentTypeOptions = "nosniff";
                return Task.CompletedTask;
            }, httpContext);
            return following(httpContext);
        });
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = _ => Task.CompletedTask });
        app.UseStatusCodePages(BareStatus.DescribeAsync);
        next(app);
    };
}
