namespace Tiebreak.Updates;

/// <summary>A property whose value in the database is not the caller's.</summary>
/// <param name="Property">Its name.</param>
/// <param name="Given">The caller's value: the version that it knows, or what it was about to write.</param>
/// <param name="Stored">The value in the database.</param>
public sealed record StaleValue(string Property, object? Given, object? Stored);
