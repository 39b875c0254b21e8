namespace Tiebreak.Races.Sql;

/// <summary>A row lock, weakest first: https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS.</summary>
internal enum LockStrength
{
    None,
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

/// <summary>Which row locks keep each other out.</summary>
internal static class LockStrengths
{
    public static bool Conflict(LockStrength one, LockStrength other)
    {
        var (weak, strong) = one < other ? (one, other) : (other, one);
        return weak switch
        {
            LockStrength.None => false,
            LockStrength.KeyShare => strong == LockStrength.Update,
            LockStrength.Share => strong >= LockStrength.NoKeyUpdate,
            _ => true,
        };
    }
}
