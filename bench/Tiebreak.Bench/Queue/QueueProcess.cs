using System.Diagnostics;
using System.Globalization;
using Tiebreak.WorkQueues;

namespace Tiebreak.Bench.Queue;

/// <summary>A worker in a process of its own, which waits for a word to begin and for another one to end.</summary>
internal sealed class QueueProcess : IDisposable
{
    public const string Argument = "queue-worker";

    private readonly Process _process;

    private QueueProcess(Process process) => _process = process;

    /// <summary>What the process does.</summary>
    public static async Task WorkAsync(string connectionString, int handlerMs)
    {
        var worker = new QueueWorker<QueueContext, Nothing>(
            new QueueContexts(connectionString), QueueContext.Queue, (_, _, token) => Task.Delay(handlerMs, token));
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        using var stop = new CancellationTokenSource();
        var running = worker.RunAsync(stop.Token);
        await Console.In.ReadLineAsync();
        await stop.CancelAsync();
        await running;
    }

    public static async Task<QueueProcess> StartAsync(string connectionString, int handlerMs)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(QueueProcess).Assembly.Location);
        }

        start.ArgumentList.Add(Argument);
        start.ArgumentList.Add(connectionString);
        start.ArgumentList.Add(handlerMs.ToString(CultureInfo.InvariantCulture));
        var process = Process.Start(start)!;
        await process.StandardOutput.ReadLineAsync();
        return new QueueProcess(process);
    }

    public void Go() => _process.StandardInput.WriteLine("go");

    public void Dispose()
    {
        _process.StandardInput.WriteLine("end");
        if (!_process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
