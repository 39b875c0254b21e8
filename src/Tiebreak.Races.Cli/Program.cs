using Tiebreak.Races.Cli.Commands;

// Also on a thread of its own nothing ends the process but with a sentence and an exit code that pipelines know.
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    Console.Error.WriteLine(CommandLine.Unexpected((Exception)unhandled.ExceptionObject));
    Environment.Exit(ExitCode.Wrong);
};
return await new CommandLine(Console.Out, Console.Error, !Console.IsErrorRedirected).RunAsync(args, CancellationToken.None).ConfigureAwait(false);
