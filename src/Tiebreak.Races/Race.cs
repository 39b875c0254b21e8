using System.Data;
using Npgsql;
using Tiebreak.Races.Exploring;
using Tiebreak.Races.Findings;
using Tiebreak.Races.Measuring;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races;

/// <summary>
/// Two to four operations that meet on the same rows. Exploring runs them on a real PostgreSQL in every relevant order of
/// their statements and compares each outcome with those of the orders one at a time.
/// </summary>
/// <remarks>
/// A race is immutable: each call returns a new one. Actors run in the calling process, each against a connection string of
/// its own, behind which a relay holds their statements; they must use nothing but that to reach the database.
/// <code>
/// var report = await Race.OnPrivatePostgres()
///     .Schema("CREATE TABLE account (id int PRIMARY KEY, points int NOT NULL)")
///     .Given("INSERT INTO account VALUES (1, 0)")
///     .Actor("alice", database => EarnAsync(database, 5))
///     .Actor("bob", database => EarnAsync(database, 7))
///     .ExploreAsync();
/// report.ThrowUnlessHolds();
/// </code>
/// </remarks>
public sealed partial class Race
{
    private Race(string? server, Scenario scenario, ExplorationOptions options)
    {
        Server = server;
        Scenario = scenario;
        Options = options;
    }

    internal string? Server { get; }

    internal Scenario Scenario { get; }

    internal ExplorationOptions Options { get; }

    private RaceSetUp SetUp => new(Server, Scenario, Options);

    /// <summary>
    /// On a server that runs already. Scratch databases are made on it and dropped again; the database that the connection
    /// string names is not touched.
    /// </summary>
    /// <param name="connectionString">Of a role that may create databases.</param>
    public static Race On(string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        return new Race(connectionString, new Scenario(), new ExplorationOptions());
    }

    /// <summary>On a private PostgreSQL that starts with the first exploration of the process and stops with the process.</summary>
    public static Race OnPrivatePostgres() => new(null, new Scenario(), new ExplorationOptions());

    /// <summary>Adds an actor that is given a connection string and returns what its caller is told.</summary>
    /// <param name="name">As the timeline shows it; unique.</param>
    /// <param name="run">
    /// The operation. Its answer is compared as JSON. A <see cref="PostgresException"/> that it throws counts by its SQLSTATE:
    /// 40001, 40P01 and 55P03 mean that it did not run; any other exception is an error, its type and SQLSTATE the answer.
    /// </param>
    public Race Actor(string name, Func<string, CancellationToken, Task<object?>> run)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(run);
        return With(Scenario with { Actors = [.. Scenario.Actors, new Actor { Name = name, RunAsync = Answers.Of(run, Options.IsBusy) }] });
    }

    /// <inheritdoc cref="Actor(string, Func{string, CancellationToken, Task{object}})"/>
    public Race Actor(string name, Func<string, Task<object?>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return Actor(name, (database, _) => run(database));
    }

    /// <summary>Adds an actor that is given a data source, which is kept for all runs.</summary>
    /// <inheritdoc cref="Actor(string, Func{string, CancellationToken, Task{object}})"/>
    public Race Actor(string name, Func<NpgsqlDataSource, CancellationToken, Task<object?>> run)
    {
        return Actor(name, static database => Task.FromResult(NpgsqlDataSource.Create(database)), run);
    }

    /// <summary>
    /// Adds an actor with something that is started once and kept for all runs: an application under test, a client, a pool.
    /// </summary>
    /// <param name="name">As the timeline shows it; unique.</param>
    /// <param name="start">
    /// Told the actor's connection string. What it gives is disposed when the exploration ends. An exception is the actor's
    /// answer, as one of <paramref name="run"/> is.
    /// </param>
    /// <param name="run">The operation; see <see cref="Actor(string, Func{string, CancellationToken, Task{object}})"/>.</param>
    /// <typeparam name="TApplication">What is kept.</typeparam>
    /// <example><code>
    /// .Actor("alice",
    ///     database => Task.FromResult(new WebApplicationFactory&lt;Program&gt;().WithWebHostBuilder(web => web.UseSetting("ConnectionStrings:Shop", database))),
    ///     async (shop, ct) => (int)(await shop.CreateClient().PostAsync("/seats/12/book", null, ct)).StatusCode)
    /// </code></example>
    public Race Actor<TApplication>(string name, Func<string, Task<TApplication>> start, Func<TApplication, CancellationToken, Task<object?>> run)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(run);
        var started = new Started<TApplication>(start);
        return Actor(new Actor
        {
            Name = name,
            RunAsync = Answers.Of(async (database, cancellationToken) => await run(await started.For(database).ConfigureAwait(false), cancellationToken).ConfigureAwait(false), Options.IsBusy),
            CloseAsync = started.CloseAsync,
        });
    }

    /// <summary>
    /// Offers an actor's database on a port of 127.0.0.1 instead of any free one: for an application that was started before,
    /// with that port in its connection string. Any user and database name will do there; without a password every program on
    /// this machine may come in, with the rights of the scratch database's role.
    /// </summary>
    /// <param name="actor">The name of an actor that was added before.</param>
    /// <param name="port">1 to 65535, another one for each actor. It is free again when the exploration ends.</param>
    /// <param name="password">Asked of whoever connects; <see langword="null"/> asks for none.</param>
    public Race Listen(string actor, int port, string? password = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        return Scenario.Actors.Any(known => known.Name == actor)
            ? With(Scenario with { Actors = [.. Scenario.Actors.Select(known => known.Name == actor ? known with { Port = port, Password = password } : known)] })
            : throw new ArgumentException($"No actor is named '{actor}': add it first.", nameof(actor));
    }

    /// <summary>Adds what must be true of the rows after each run.</summary>
    /// <param name="name">As the report says it.</param>
    /// <param name="sql">A query of one boolean, for example <c>SELECT used &lt;= usage_limit FROM voucher</c>.</param>
    public Race Invariant(string name, string sql)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        return With(Scenario with { Invariants = [.. Scenario.Invariants, new Invariant(name, sql)] });
    }

    /// <summary>Leaves columns, or parts of answers, out of the comparison.</summary>
    /// <param name="columns">
    /// Each as <c>table.column</c>; a part of the answers as <c>answer:body.at</c>, by the names of the members that lead to it
    /// (<c>answer:</c> alone is all of each).
    /// </param>
    public Race Ignore(params string[] columns) =>
        With(Scenario with { Ignored = Scenario.Ignored.Concat(columns.Select(column => column.ToLowerInvariant())).ToHashSet(StringComparer.Ordinal) });

    /// <summary>The level of transactions that do not choose one; READ COMMITTED unless told otherwise. Several are explored one after the other.</summary>
    public Race Isolation(params IsolationLevel[] levels) => With(Options with { Isolations = levels });

    /// <summary>How statements outside a transaction are explored; <see cref="AutocommitMode.Split"/> unless told otherwise.</summary>
    public Race Autocommit(AutocommitMode mode) => With(Scenario with { Autocommit = mode });

    /// <summary>How long the exploration may take; 60 s unless told otherwise. A budget that ends is never a pass.</summary>
    public Race Budget(TimeSpan budget)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(budget, TimeSpan.Zero);
        return With(Options with { Budget = budget });
    }

    /// <summary>
    /// How long an actor may do anything but wait for a lock of another one; 10 s unless told otherwise (60 s while each runs
    /// once alone before the exploration). After that its run is stopped and the verdict is <see cref="Verdict.Unknown"/>,
    /// with the reason; an actor that does not even run alone is a <see cref="RaceException"/>.
    /// </summary>
    /// <param name="patience">More than zero. Longer than the slowest statement takes.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is zero or less.</exception>
    public Race Patience(TimeSpan patience)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(patience, TimeSpan.Zero);
        return With(Options with { Patience = patience });
    }

    /// <summary>Of the random part of the search; 1 unless told otherwise.</summary>
    public Race Seed(int seed) => With(Options with { Seed = seed });

    /// <summary>Runs every order, also those that the reduction knows to be equal.</summary>
    public Race BruteForce() => With(Options with { BruteForce = true });

    /// <summary>Whether fixes are tried and redundant locks looked for; they are unless told otherwise.</summary>
    public Race TryFixes(bool value) => With(Options with { TriesFixes = value });

    /// <summary>
    /// Takes it as meant that every order refuses everybody and changes nothing. Unless told so the verdict of such a race is
    /// <see cref="Verdict.Unknown"/>: nothing could race.
    /// </summary>
    public Race AllowNothing() => With(Options with { AllowsNothing = true });

    /// <summary>Answers that mean "try again": an actor that gives one counts as not having run.</summary>
    /// <param name="isBusy">Told the answer as it was returned.</param>
    /// <remarks>Set before the actors that it is for.</remarks>
    public Race Busy(Func<object?, bool> isBusy)
    {
        ArgumentNullException.ThrowIfNull(isBusy);
        return With(Options with { IsBusy = isBusy });
    }

    /// <summary>Is told now and then how far it is.</summary>
    public Race Progress(IProgress<RaceProgress> progress) => With(Options with { Progress = progress });

    /// <summary>Runs every relevant order.</summary>
    /// <exception cref="RaceException">The scenario or its set-up is wrong.</exception>
    public Task<RaceReport> ExploreAsync(CancellationToken cancellationToken = default) => new Exploration(SetUp).RunAsync(cancellationToken);

    /// <summary>
    /// Measures how often two actors break each other at a rate of requests: they are run at their own speed, some time apart,
    /// and judged by the orders one at a time. It takes the <see cref="Budget"/>. Never a reason to call something safe that is
    /// broken.
    /// </summary>
    /// <param name="ratePerSecond">Requests a second of each actor, over all keys; more than zero.</param>
    /// <param name="keys">Over how many keys (accounts, vouchers, seats) they spread evenly; at least 1.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not above zero, or there are less than one key.</exception>
    /// <exception cref="RaceException">The scenario is wrong, or has not exactly two actors.</exception>
    public Task<Likelihood> LikelihoodAsync(double ratePerSecond, int keys, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ratePerSecond, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(keys, 1);
        return new Measurement(SetUp).RunAsync(ratePerSecond, keys, cancellationToken);
    }

    /// <summary>Runs one order.</summary>
    /// <param name="schedule">As a finding tells it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RaceException">The scenario or its set-up is wrong, or the actors do not follow the schedule.</exception>
    public Task<RaceReport> ReplayAsync(string schedule, CancellationToken cancellationToken = default) => new Replay(SetUp, schedule).RunAsync(cancellationToken);

    /// <summary>Runs one order as far as the actors still follow it: they may have been mended since it was found.</summary>
    internal Task<RaceReport> ReplayAsFarAsItGoesAsync(string schedule, CancellationToken cancellationToken) => new Replay(SetUp, schedule, strict: false).RunAsync(cancellationToken);

    internal Race Actor(Actor actor) => With(Scenario with { Actors = [.. Scenario.Actors, actor] });

    internal Race Ready(Func<CancellationToken, Task> isReady) => With(Scenario with { ReadyAsync = isReady });

    internal Race Warmup(bool value) => With(Scenario with { Warmup = value });

    internal Race With(Scenario scenario) => new(Server, scenario, Options);

    private Race With(ExplorationOptions options) => new(Server, Scenario, options);
}
