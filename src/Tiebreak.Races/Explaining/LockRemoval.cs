namespace Tiebreak.Races.Explaining;

/// <summary>A lock that an actor takes, and how to run the actor without it.</summary>
/// <param name="Actor">Whose.</param>
/// <param name="Sql">The statement that takes it, for people.</param>
/// <param name="Rewrite">Takes the lock out of that statement and leaves all others as they are.</param>
internal sealed record LockRemoval(int Actor, string Sql, Func<string, string> Rewrite);
