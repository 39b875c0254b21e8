using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Data;
using Tiebreak.Races.Cli.Files;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>The command line: what it takes, and how what it does becomes an exit code.</summary>
internal sealed class CommandLine(TextWriter output, TextWriter errors, bool isTerminal)
{
    // Scratch databases are dropped and a private PostgreSQL is stopped after Ctrl-C, for which the usual two seconds may be too few.
    private static readonly TimeSpan LongestTidying = TimeSpan.FromSeconds(30);

    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var parsed = Root().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await errors.WriteLineAsync(error.Message).ConfigureAwait(false);
            }

            return ExitCode.Wrong;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = errors, ProcessTerminationTimeout = LongestTidying }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ScenarioFileException or RaceException or IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return ExitCode.Wrong;
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync("Stopped. Nothing is known; this is not a pass.").ConfigureAwait(false);
            return ExitCode.Unknown;
        }
#pragma warning disable CA1031 // The process ends here: every exception is told in a sentence, and none as a crash.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await errors.WriteLineAsync(Unexpected(exception)).ConfigureAwait(false);
            return ExitCode.Wrong;
        }
    }

    /// <summary>What is said of an exception that nobody expected.</summary>
    public static string Unexpected(Exception exception) => $"The explorer failed: {exception.GetType().Name}: {exception.Message} This says nothing about the actors; please report it with the scenario.";

    // Not a RootCommand: that one is named after the assembly, and help should name what is typed.
    private Command Root() => new("tiebreak", "Finds races: runs operations on a real PostgreSQL in every relevant order of their SQL statements. Exit codes: 0 holds, 1 broken, 2 the file or the set-up is wrong, 3 unknown.")
    {
        new HelpOption(), new VersionOption(), Explore(), Replay(), Likelihood(), Init(), Doctor(),
    };

    private Command Explore()
    {
        var file = File("The scenario.");
        var json = new Option<string?>("--json") { Description = "Writes the report as JSON.", HelpName = "OUT" };
        var html = new Option<string?>("--html") { Description = "Writes the report as one HTML page.", HelpName = "OUT" };
        var save = new Option<string?>("--save") { Description = "Writes the first finding as a file that replay runs.", HelpName = "FINDING.json" };
        var budget = Arguments.Time("--budget", "How long it may take, such as 60s, 5m or 500ms. A budget that ends is never a pass.", 60);
        var isolation = Isolation();
        var bruteForce = new Option<bool>("--brute-force") { Description = "Runs every order, also those that are known to be equal." };
        var noFixes = new Option<bool>("--no-fixes") { Description = "Tries no fixes and looks for no redundant locks." };
        var allowNothing = new Option<bool>("--allow-nothing") { Description = "Takes it as meant that every order refuses everybody and changes nothing." };
        var wait = Wait();
        var seed = new Option<int>("--seed") { Description = "Of the random part of the search.", DefaultValueFactory = _ => 1 };
        var command = new Command("explore", "Runs a scenario in every relevant order.") { file, json, html, save, budget, isolation, bruteForce, seed, wait, noFixes, allowNothing };
        command.SetAction((parsed, cancellationToken) => new Explore(output, errors, isTerminal).RunAsync(
            new ExploreOptions(
                parsed.GetRequiredValue(file), parsed.GetValue(json), parsed.GetValue(html), parsed.GetValue(save), parsed.GetValue(budget),
                parsed.GetValue(isolation) ?? [], parsed.GetValue(bruteForce), parsed.GetValue(seed), parsed.GetValue(wait), !parsed.GetValue(noFixes), parsed.GetValue(allowNothing)),
            cancellationToken));
        return command;
    }

    private Command Replay()
    {
        var file = File("The scenario, or a finding that explore saved.");
        var schedule = new Option<string?>("--schedule") { Description = "The order, as a finding tells it; a saved finding has its own.", HelpName = "S" };
        var isolation = Isolation();
        var command = new Command("replay", "Runs one order again.") { file, schedule, isolation };
        command.SetAction((parsed, cancellationToken) => new Replay(output).RunAsync(
            parsed.GetRequiredValue(file), parsed.GetValue(schedule), parsed.GetValue(isolation) ?? [], cancellationToken));
        return command;
    }

    private Command Likelihood()
    {
        var file = File("A finding that explore saved, or a scenario.");
        var rate = Arguments.Rate();
        var keys = new Option<int>("--keys") { Description = "Over how many keys (accounts, vouchers, seats) the requests spread evenly.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var budget = Arguments.Time("--budget", "How long it may take, such as 20s.", 20);
        var wait = Wait();
        var command = new Command("likelihood", "Measures how often two actors break each other at a rate of requests. Never a reason to call broken safe.") { file, rate, keys, budget, wait };
        command.SetAction((parsed, cancellationToken) => new HowLikely(output, errors, isTerminal).RunAsync(
            parsed.GetRequiredValue(file), parsed.GetRequiredValue(rate), Math.Max(1, parsed.GetValue(keys)), parsed.GetValue(budget), parsed.GetValue(wait), cancellationToken));
        return command;
    }

    private static Option<TimeSpan> Wait() => Arguments.Time("--wait", "How long an application may take to be there once its gate is open.", 10);

    private Command Init()
    {
        var file = new Argument<string>("FILE") { Description = "Where to write it.", DefaultValueFactory = _ => "race.json" };
        var command = new Command("init", "Writes a scenario to start from.") { file };
        command.SetAction(parsed => Commands.Init.Run(parsed.GetRequiredValue(file), output));
        return command;
    }

    private Command Doctor()
    {
        var file = new Argument<string?>("FILE") { Description = "The scenario whose set-up is looked at.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("doctor", "Says what of the set-up is missing.") { file };
        command.SetAction((parsed, cancellationToken) => new Doctor(output).RunAsync(parsed.GetValue(file), cancellationToken));
        return command;
    }

    private static Argument<string> File(string description) => new("FILE") { Description = description };

    private static Option<IReadOnlyList<IsolationLevel>> Isolation() => new("--isolation")
    {
        Description = "\"read committed\", \"repeatable read\" or \"serializable\"; several with commas.",
        HelpName = "LEVEL,...",
        CustomParser = Levels,
    };

    private static List<IsolationLevel> Levels(ArgumentResult result)
    {
        var levels = new List<IsolationLevel>();
        foreach (var text in string.Join(' ', result.Tokens.Select(token => token.Value)).Split(','))
        {
            if (ScenarioReader.Level(text) is not { } level)
            {
                result.AddError($"--isolation: \"{text.Trim()}\" is no isolation level. Write \"read committed\", \"repeatable read\" or \"serializable\".");
                return levels;
            }

            levels.Add(level);
        }

        return levels;
    }
}
