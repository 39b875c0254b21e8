namespace Tiebreak.Races.Findings;

/// <summary>Something that is not compared, because it differs between runs that are otherwise equal.</summary>
/// <param name="Where">In whose answer or in which column, for example <c>alice's answer body.at</c>.</param>
/// <param name="Seen">What is left of a value that was seen there: <c>*</c> for what says nothing, the number of a name for what only has to be equal or not.</param>
public sealed record MaskedValue(string Where, string Seen);
