namespace Tiebreak.LocalPostgres;

/// <summary>What <see cref="LocalPostgresServer"/> starts, and where it keeps it.</summary>
public sealed record LocalPostgresOptions
{
    /// <summary>
    /// A connection string of a PostgreSQL that someone else runs. When it is set nothing is started, and of the other
    /// options only <see cref="StartTimeout"/> counts. <see langword="null"/> by default.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>
    /// The folder that holds the cluster's data, its generated password and its log. Made when missing.
    /// Relative paths start at the working directory. <c>.tiebreak</c> by default.
    /// </summary>
    public string DataFolder { get; init; } = ".tiebreak";

    /// <summary>
    /// The folder that holds <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>. When it is <see langword="null"/>
    /// (the default) they are looked for on PATH, in the system's usual folders, and in the npm package that the
    /// build installs when neither has them.
    /// </summary>
    public string? BinariesFolder { get; init; }

    /// <summary>
    /// Settings of <c>postgresql.conf</c> that differ from the defaults, for example
    /// <c>synchronous_commit = off</c> for a scratch database. Durable settings are the default.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// How long the start, recovery included, or the configured server may take to answer. More than zero, one day at
    /// most; 60 seconds by default.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The options for a log: without <see cref="ConnectionString"/>, which may hold a password.</summary>
    public override string ToString() =>
        $"{nameof(LocalPostgresOptions)} {{ {nameof(ConnectionString)} = {(ConnectionString is null ? "" : "(set)")}, "
        + $"{nameof(DataFolder)} = {DataFolder}, {nameof(BinariesFolder)} = {BinariesFolder}, "
        + $"{nameof(Settings)} = {string.Join(", ", Settings.Select(s => $"{s.Key}={s.Value}"))}, {nameof(StartTimeout)} = {StartTimeout} }}";

    /// <summary>Refuses what no server can be started with.</summary>
    internal void Check()
    {
        if (StartTimeout <= TimeSpan.Zero || StartTimeout > TimeSpan.FromDays(1))
        {
            throw new LocalPostgresException($"StartTimeout is {StartTimeout} and should be more than zero, and one day at most.");
        }

        ServerCommand.Check(Settings);
    }
}
