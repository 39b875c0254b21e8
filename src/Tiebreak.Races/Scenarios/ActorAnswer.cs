namespace Tiebreak.Races.Scenarios;

/// <summary>What an actor's caller is told.</summary>
/// <param name="Text">The answer as JSON: what is compared between orders.</param>
/// <param name="IsBusy">Whether it means "try again": the actor then counts as not having run.</param>
/// <param name="Error">What went wrong when the answer is an error that the operation did not expect; else <see langword="null"/>.</param>
/// <param name="SqlState">The SQLSTATE behind that error, where the actor knows it.</param>
internal sealed record ActorAnswer(string Text, bool IsBusy = false, string? Error = null, string? SqlState = null)
{
    /// <summary>Whether its caller is told a failure, expected or not.</summary>
    public bool IsFailure => Error is not null || Refusal.Is(Text);
}
