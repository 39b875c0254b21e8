namespace Tiebreak.Races.Tests.Scheduling.Model;

/// <summary>A transaction of the model: what it wrote and locked.</summary>
internal sealed class ModelTransaction(int actor)
{
    public int Actor { get; } = actor;

    /// <summary>A row to its new value; null when it is deleted.</summary>
    public Dictionary<ModelRow, int?> Writes { get; } = [];
}

/// <summary>A row of the model, by its table and its key.</summary>
internal readonly record struct ModelRow(string Table, int Key);
