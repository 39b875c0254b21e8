using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races;

public sealed partial class Race
{
    /// <summary>SQL that makes the tables, run once in each scratch database; a dump of pg_dump does.</summary>
    public Race Schema(params string[] sql) => With(Scenario with { Schema = [.. Scenario.Schema, .. sql] });

    /// <summary>Code that makes the tables, run once in each scratch database: migrations.</summary>
    /// <param name="run">Told a connection string of the database's owner. It must leave no connection open.</param>
    /// <exception cref="ArgumentNullException"><paramref name="run"/> is <see langword="null"/>.</exception>
    public Race Schema(Func<string, CancellationToken, Task> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return With(Scenario with { Schema = [.. Scenario.Schema, new SetUpStep(null, run)] });
    }

    /// <summary>Code that makes the tables, with something that is opened for it and disposed after it, such as a DbContext.</summary>
    /// <param name="open">Told a connection string of the database's owner.</param>
    /// <param name="run">For example <c>context => context.Database.MigrateAsync()</c>.</param>
    /// <typeparam name="TContext">What is opened.</typeparam>
    public Race Schema<TContext>(Func<string, TContext> open, Func<TContext, Task> run) => Schema(Opened.Of(open, run));

    /// <summary>SQL that makes the rows that every run starts from; a dump of rows does.</summary>
    public Race Given(params string[] sql) => With(Scenario with { Given = [.. Scenario.Given, .. sql] });

    /// <summary>Code that makes the rows that every run starts from.</summary>
    /// <inheritdoc cref="Schema(Func{string, CancellationToken, Task})"/>
    public Race Given(Func<string, CancellationToken, Task> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return With(Scenario with { Given = [.. Scenario.Given, new SetUpStep(null, run)] });
    }

    /// <summary>Code that makes the rows, with something that is opened for it and disposed after it.</summary>
    /// <inheritdoc cref="Schema{TContext}(Func{string, TContext}, Func{TContext, Task})"/>
    public Race Given<TContext>(Func<string, TContext> open, Func<TContext, Task> run) => Given(Opened.Of(open, run));

    /// <summary>
    /// Lets scripts and actors have the server's own role. Unless told so they have one that is made for the scratch database,
    /// owns it, and has no superuser's rights: for schemas that only a superuser can make.
    /// </summary>
    /// <remarks>Whoever reaches a gate then has that role's rights on the server.</remarks>
    public Race Superuser() => With(Scenario with { Superuser = true });
}
