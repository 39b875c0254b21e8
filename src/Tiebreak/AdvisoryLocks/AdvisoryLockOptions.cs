namespace Tiebreak.AdvisoryLocks;

/// <summary>How a session-scoped advisory lock is taken and watched. Immutable; one instance may serve any number of threads.</summary>
public sealed record AdvisoryLockOptions
{
    /// <summary>The defaults.</summary>
    public static AdvisoryLockOptions Default { get; } = new();

    /// <summary>Whom to keep out. Exclusive by default.</summary>
    public AdvisoryLockMode Mode
    {
        get;
        init => field = AdvisoryKeys.Checked(value);
    }

    /// <summary>
    /// How long to wait for each key, 1 millisecond to 1 hour, sent in whole milliseconds. Null, the default: the plain
    /// verb waits without a bound (or up to the role's or database's own <c>lock_timeout</c>), <c>Try…</c> does not wait.
    /// </summary>
    public TimeSpan? Wait
    {
        get;
        init => field = AdvisoryKeys.Checked(value);
    }

    /// <summary>
    /// How often the server is asked whether it is still there while the network is silent. A connection that is closed,
    /// by whomever, is noticed at once; one that went dead without a word within about twice this time. The server is
    /// asked to look after the client in the same rhythm and to let the lock go after the fourth silence. 1 second to 1
    /// hour, whole seconds; 10 seconds by default.
    /// </summary>
    public TimeSpan KeepAlive
    {
        get;
        init => field = value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromHours(1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "KeepAlive is a time from 1 second to 1 hour.");
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// That a connection pooler stands before the server is refused, unless this says that it hands out connections for
    /// whole sessions (PgBouncer: <c>pool_mode = session</c>). <b>In any other mode two would hold the lock at once</b>,
    /// and nothing here could tell. False by default.
    /// </summary>
    public bool ThroughSessionPooler { get; init; }
}
