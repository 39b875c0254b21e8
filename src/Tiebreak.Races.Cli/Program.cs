using Tiebreak.Races.Cli.Commands;

return await new CommandLine(Console.Out, Console.Error, !Console.IsErrorRedirected).RunAsync(args, CancellationToken.None).ConfigureAwait(false);
