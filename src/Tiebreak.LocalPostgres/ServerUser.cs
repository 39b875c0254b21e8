namespace Tiebreak.LocalPostgres;

/// <summary>
/// Who the server runs as. PostgreSQL refuses to run as root, so root becomes another user:
/// <c>postgres</c> where it exists, else <c>nobody</c>. Everyone else stays who they are.
/// </summary>
internal sealed class ServerUser
{
    private const string Root = "0";

    private readonly IReadOnlyList<string> _prefix;

    private ServerUser(string name, IReadOnlyList<string> prefix)
    {
        Name = name;
        _prefix = prefix;
    }

    /// <summary>The user's name, or its number when it has none.</summary>
    internal string Name { get; }

    /// <summary>Whether it is another user than the one this process runs as.</summary>
    internal bool IsAnother => _prefix.Count > 0;

    internal static async Task<ServerUser> DefaultAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return new ServerUser(Environment.UserName, []);
        }

        foreach (var name in new[] { "postgres", "nobody" })
        {
            if (await TryBecomeAsync(name, cancellationToken) is { } user)
            {
                return user;
            }
        }

        throw new LocalPostgresException(
            "PostgreSQL refuses to run as root, and neither the user postgres nor nobody could be used instead "
            + "(tried setpriv, runuser and su). Start as another user, or set a connection string.");
    }

    /// <summary>The user that existing data belongs to; this one when it belongs to root, as a copy may.</summary>
    internal async Task<ServerUser> OwningAsync(string path, CancellationToken cancellationToken)
    {
        if (!IsAnother)
        {
            return this;
        }

        var owner = await OwnerOfAsync(path, cancellationToken);
        return owner is Root or "" || owner == await IdAsync("-u", Name, cancellationToken)
            ? this
            : await TryBecomeAsync(owner, cancellationToken) ?? throw new LocalPostgresException(
                $"{path} belongs to the user {owner}, whom this process cannot become. Give it to the user {Name}.");
    }

    /// <summary>Makes this user the owner of what exists and belongs to root. Only who holds the folder's lock may.</summary>
    internal async Task TakeFromRootAsync(string path, CancellationToken cancellationToken)
    {
        if (IsAnother && await OwnerOfAsync(path, cancellationToken) == Root)
        {
            await TakeAsync(path, cancellationToken);
        }
    }

    /// <summary>Makes this user the owner of a file or folder and of all that is in it.</summary>
    internal async Task TakeAsync(string path, CancellationToken cancellationToken)
    {
        if (!IsAnother)
        {
            return;
        }

        var result = await Command.RunAsync(["chown", "-R", Name, path], cancellationToken);
        if (!result.Succeeded)
        {
            throw new LocalPostgresException(
                $"{path} could not be given to the user {Name}, whom PostgreSQL runs as: {result.Everything}. "
                + "Put the data folder on a local file system.");
        }
    }

    /// <summary>Runs a program as this user.</summary>
    internal Task<CommandResult> RunAsync(CancellationToken cancellationToken, params IEnumerable<string> commandLine) =>
        Command.RunAsync(CommandLine(commandLine), cancellationToken);

    /// <summary>The command line that runs a program as this user.</summary>
    internal IReadOnlyList<string> CommandLine(params IEnumerable<string> commandLine) => [.. _prefix, .. commandLine];

    private static async Task<ServerUser?> TryBecomeAsync(string user, CancellationToken cancellationToken)
    {
        var uid = await IdAsync("-u", user, cancellationToken);
        var gid = await IdAsync("-g", user, cancellationToken);
        if (uid is null or Root || gid is null)
        {
            return null;
        }

        // Each keeps the process tree flat by exec, where it can. busybox' setpriv knows no --reuid: then the next is tried.
        string[][] ways =
        [
            ["setpriv", $"--reuid={uid}", $"--regid={gid}", "--clear-groups", "--"],
            ["runuser", "-u", user, "--"],
            ["su", "-s", "/bin/sh", user, "-c", "exec \"$0\" \"$@\"", "--"],
        ];
        foreach (var way in ways)
        {
            if ((await Command.RunAsync([.. way, "true"], cancellationToken)).Succeeded)
            {
                return new ServerUser(user, way);
            }
        }

        return null;
    }

    /// <returns>The owner's number; empty when there is no such file.</returns>
    private static async Task<string> OwnerOfAsync(string path, CancellationToken cancellationToken)
    {
        string[] stat = OperatingSystem.IsMacOS() ? ["stat", "-f", "%u", path] : ["stat", "-c", "%u", path];
        return (await Command.RunAsync(stat, cancellationToken)).Output.Trim();
    }

    private static async Task<string?> IdAsync(string which, string user, CancellationToken cancellationToken)
    {
        var id = await Command.RunAsync(["id", which, user], cancellationToken);
        if (id.Succeeded)
        {
            return id.Output.Trim();
        }

        // The owner of copied data may be a number without a name; its group is then taken to be the same number.
        return user.All(char.IsAsciiDigit) ? user : null;
    }
}
