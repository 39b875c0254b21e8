namespace Tiebreak.LocalPostgres;

/// <summary>Copies of programs whose original was updated or removed, and what a killed process left of one.</summary>
internal static class OldCopies
{
    // A server in another container may use the same folder unseen; it notes its use at every start.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    internal static void NoteUse(string copy) => Directory.SetLastWriteTimeUtc(copy, TimeProvider.System.GetUtcNow().UtcDateTime);

    /// <summary>Removes what no server was started from for a month and none runs from now.</summary>
    internal static void Remove(string copies)
    {
        var before = TimeProvider.System.GetUtcNow().UtcDateTime - Kept;
        foreach (var copy in Directory.GetDirectories(copies, BinariesCopy.NamesBegin + "*"))
        {
            try
            {
                if (Directory.GetLastWriteTimeUtc(copy) < before && !ServerProcess.MayRunFrom(copy))
                {
                    Directory.Delete(copy, recursive: true);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another process removes it, too; or the next start tries again.
            }
        }
    }
}
