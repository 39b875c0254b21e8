namespace Tiebreak.Races.Tests.Scheduling.Model;

/// <summary>A statement of the model failed.</summary>
internal sealed class ModelError(string sqlState) : Exception(sqlState)
{
    public string SqlState { get; } = sqlState;
}
