namespace Tiebreak.Leases;

/// <summary>Which place, and which acquisition of it.</summary>
internal sealed record LeaseId(string Name, int Slot, long Token, Guid Acquisition);

/// <summary>What a look at a lease found: the place taken and its expiry, or how many places the table has.</summary>
internal sealed record LeaseAttempt(LeaseId? Taken, DateTimeOffset ExpiresAt, long Slots);
