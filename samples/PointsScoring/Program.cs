using PointsScoring;

var arguments = new Arguments(args);
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(
    System.Runtime.InteropServices.PosixSignal.SIGTERM,
    signal =>
    {
        signal.Cancel = true;
        stop.Cancel();
    });

switch (arguments.Command)
{
    case "demo":
        return await Demo.RunAsync(arguments, stop.Token);
    case "database":
        return await PrivateDatabase.RunAsync(stop.Token);
    case "setup":
        return await Setup.RunAsync(Scoring.Connect(arguments), stop.Token);
    case "enqueue":
        return await Enqueue.RunAsync(Scoring.Connect(arguments), arguments.Number("count", 1000), arguments.Number("accounts", 20), stop.Token);
    case "work":
        return await Work.RunAsync(Scoring.Connect(arguments), arguments.Number("lease-ms", 30_000), stop.Token);
    case "report":
        return await Report.RunAsync(Scoring.Connect(arguments), stop.Token);
    default:
        Console.Error.WriteLine("Commands: demo, database, setup, enqueue [--count 1000] [--accounts 20], work [--lease-ms 30000], report. All but demo and database take --connection, or POINTS_DATABASE from the environment.");
        return 2;
}
