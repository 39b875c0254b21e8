using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Wire;

/// <summary>A message of the extended protocol that waits for its Sync or Flush.</summary>
/// <param name="Type">Its first byte.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="Statement">What an Execute runs; <see langword="null"/> for every other message.</param>
/// <param name="Class">What the gate does with it.</param>
internal sealed record Piece(byte Type, byte[] Bytes, BoundStatement? Statement = null, StatementClass Class = StatementClass.Passes)
{
    /// <summary>Stands for a Parse that the gate put in.</summary>
    public const byte OwnParse = (byte)'p';

    /// <summary>Stands for a Close that the gate put in.</summary>
    public const byte OwnClose = (byte)'c';

    /// <summary>Whether it waits at the gate.</summary>
    public bool IsHeld => Statement is not null && Class is not (StatementClass.Passes or StatementClass.Begin);

    /// <summary>What a statement of that class is as a step.</summary>
    public static StepKind StepOf(StatementClass kind) => kind switch
    {
        StatementClass.Commit => StepKind.Commit,
        StatementClass.Rollback => StepKind.Rollback,
        _ => StepKind.Statement,
    };
}
