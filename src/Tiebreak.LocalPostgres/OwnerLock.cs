using System.Globalization;

namespace Tiebreak.LocalPostgres;

/// <summary>
/// The right to run a server over a folder. The operating system holds it and gives it back when the process ends,
/// however it ends.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private readonly FileStream _stream;

    private OwnerLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock, or says who has it.</summary>
    internal static OwnerLock Take(string folder, TimeProvider time)
    {
        // Two files: where the system's locks are mandatory, a locked file cannot be read.
        var holder = Path.Combine(folder, "owner.txt");
        FileStream stream;
        try
        {
            stream = new FileStream(Path.Combine(folder, "owner.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (IsHeldByAnother(error))
        {
            throw new LocalPostgresException(
                $"The data folder {folder} is already used by {WhoHolds(holder)}. "
                + "Stop that one, or give this one another DataFolder or a connection string.",
                error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(folder, error);
        }

        var started = time.GetUtcNow().ToString("u", CultureInfo.InvariantCulture);
        File.WriteAllText(holder, $"process {Environment.ProcessId} ({Path.GetFileName(Environment.ProcessPath)}), since {started}");
        return new OwnerLock(stream);
    }

    internal static LocalPostgresException Unwritable(string folder, Exception error) => new(
        $"The data folder {folder} cannot be written by the user {Environment.UserName}: {error.Message} "
        + "Give it to that user, or give another DataFolder.",
        error);

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    // EWOULDBLOCK of flock (11 on Linux, 35 on macOS) and ERROR_SHARING_VIOLATION: .NET has no type of its own for them.
    private static bool IsHeldByAnother(IOException error) => (error.HResult & 0xFFFF) is 11 or 35 or 32;

    private static string WhoHolds(string holder)
    {
        try
        {
            return File.ReadAllText(holder) is { Length: > 0 } text ? text : "another process";
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
