using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Transactions;

/// <summary>The block that the running code is in, for each type of context.</summary>
internal static class AmbientBlock<TContext>
    where TContext : DbContext
{
    private static readonly AsyncLocal<AtomicScope?> Current = new();

    /// <summary>Seen by what the calling method starts, until it returns.</summary>
    public static void Enter(AtomicScope scope) => Current.Value = scope;

    /// <summary>A task that outlives the block it was started in is not inside it any more.</summary>
    public static bool IsOpen => Current.Value is { IsOpen: true };
}
