using System.Diagnostics.CodeAnalysis;

namespace Tiebreak.Server.Outcomes;

/// <summary>What an operation answers: what took effect, or why nothing did.</summary>
/// <typeparam name="T">What took effect.</typeparam>
internal sealed record Outcome<T>
    where T : class
{
    private Outcome(T? value, Refusal? refusal, bool isReplay)
    {
        Value = value;
        Refusal = refusal;
        IsReplay = isReplay;
    }

    /// <summary>What took effect; <see langword="null"/> when it was refused.</summary>
    public T? Value { get; }

    /// <summary>Why nothing took effect; <see langword="null"/> when something did.</summary>
    public Refusal? Refusal { get; }

    /// <summary>Whether this is the first answer of an earlier request with the same idempotency key.</summary>
    public bool IsReplay { get; }

    /// <summary>Whether something took effect, now or when the key was first used.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsAccepted => Value is not null;

    public static implicit operator Outcome<T>(T value) => new(value, null, isReplay: false);

    public static implicit operator Outcome<T>(Refusal refusal) => new(null, refusal, isReplay: false);

    /// <summary>
    /// The answer to an idempotency key that was used before: the first answer again for the same payload, a refusal for
    /// another one.
    /// </summary>
    /// <param name="identity">The request's.</param>
    /// <param name="firstPayloadHash">The hash that was kept with the record.</param>
    /// <param name="first">Makes the first answer from the record.</param>
    public static Outcome<T> Again(Identity identity, byte[]? firstPayloadHash, Func<T> first) =>
        identity.SamePayloadAs(firstPayloadHash) ? Replay(first()) : new Refusal(SharedRefusals.IdempotencyKeyReused);

    /// <summary>
    /// Nothing was decided: more is due before it than one transaction settles. Never a caller's answer; the request is
    /// run again.
    /// </summary>
    public static Outcome<T> Unsettled { get; } = new(null, null, isReplay: false);

    /// <summary>Whether it is <see cref="Unsettled"/>.</summary>
    public bool IsUnsettled => Value is null && Refusal is null;

    /// <summary>The first answer again.</summary>
    public static Outcome<T> Replay(T value) => new(value, null, isReplay: true);
}

/// <summary>An effect that has nothing to tell.</summary>
internal sealed record Done
{
    private Done()
    {
    }

    /// <summary>The one instance.</summary>
    public static Done Instance { get; } = new();
}
