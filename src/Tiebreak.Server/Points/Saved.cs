namespace Tiebreak.Server.Points;

/// <summary>What a PUT left behind.</summary>
/// <typeparam name="T">What was put.</typeparam>
/// <param name="Value">As it stands now.</param>
/// <param name="IsNew">Whether it was not there before.</param>
internal sealed record Saved<T>(T Value, bool IsNew)
    where T : class;
