namespace Tiebreak.Races.Scheduling.Dependencies;

/// <summary>An advisory lock's key, or a sequence.</summary>
/// <param name="Name">What it says when the keys are the same; <see langword="null"/> when it is not known.</param>
/// <param name="Shape">Its text without its constants: only keys of one shape can be told apart by their names.</param>
/// <param name="IsShared">Whether it goes together with other shared ones.</param>
/// <param name="EndsWithTransaction">Whether the end of the transaction gives it free.</param>
internal sealed record NamedKey(string? Name, string Shape, bool IsShared, bool EndsWithTransaction)
{
    public bool Meets(NamedKey other) =>
        !(IsShared && other.IsShared) && (Name is null || other.Name is null || Shape != other.Shape || Name == other.Name);
}
