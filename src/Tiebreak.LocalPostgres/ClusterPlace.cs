using Microsoft.Extensions.Logging;

namespace Tiebreak.LocalPostgres;

/// <summary>Where a cluster really lives, and as whom its server runs.</summary>
/// <param name="Folder">The folder with the data, the password and the log.</param>
/// <param name="User">The user that owns the data.</param>
internal sealed record ClusterPlace(string Folder, ServerUser User)
{
    /// <summary>What root uses when the folder that was asked for is closed to the server's user.</summary>
    internal const string OpenRoot = "/var/lib/tiebreak";

    /// <summary>
    /// Takes the folder that was asked for. Where the server's user cannot reach it (a clone below /root, say) the
    /// data goes to a folder below <paramref name="openRoot"/> named after the one asked for, the same at every start.
    /// Data that exists decides: it is never left behind for an empty cluster.
    /// </summary>
    internal static async Task<ClusterPlace> ChooseAsync(
        string asked, string openRoot, ServerUser user, ILogger logger, CancellationToken cancellationToken)
    {
        MakeFolder(asked);
        if (!user.IsAnother)
        {
            return new ClusterPlace(asked, user);
        }

        if (Directory.Exists(DataIn(asked)))
        {
            user = await user.OwningAsync(DataIn(asked), cancellationToken);
            return await CanReachAsync(user, asked, cancellationToken)
                ? new ClusterPlace(asked, user)
                : throw new LocalPostgresException(
                    $"{asked} holds a cluster that the user {user.Name}, whom PostgreSQL runs as, cannot reach. "
                    + $"Let {user.Name} enter the folders above it (chmod o+x), or move it.");
        }

        var elsewhere = Path.Combine(openRoot, ShortHash.Of(asked));
        if (Directory.Exists(DataIn(elsewhere)))
        {
            user = await user.OwningAsync(DataIn(elsewhere), cancellationToken);
        }
        else if (await CanReachAsync(user, asked, cancellationToken))
        {
            return new ClusterPlace(asked, user);
        }

        MakeFolder(elsewhere);
        logger.LogInformation(
            "The user {User}, whom PostgreSQL runs as, cannot reach {Asked}. The data is in {Folder} instead", user.Name, asked, elsewhere);
        await File.WriteAllTextAsync(
            Path.Combine(asked, "moved-to.txt"),
            $"The user {user.Name}, whom PostgreSQL runs as, cannot reach this folder.\nThe data is in {elsewhere}\n",
            cancellationToken);
        return new ClusterPlace(elsewhere, user);
    }

    internal static string DataIn(string folder) => Path.Combine(folder, "pgdata");

    private static void MakeFolder(string folder)
    {
        if (File.Exists(folder))
        {
            throw new LocalPostgresException($"The data folder {folder} is a file. Remove it, or give another DataFolder.");
        }

        try
        {
            Folders.MakeOpen(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw OwnerLock.Unwritable(folder, error);
        }
    }

    private static async Task<bool> CanReachAsync(ServerUser user, string folder, CancellationToken cancellationToken) =>
        (await user.RunAsync(cancellationToken, "test", "-x", folder)).Succeeded;
}
