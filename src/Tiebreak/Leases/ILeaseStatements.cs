namespace Tiebreak.Leases;

/// <summary>What a held lease asks of the database.</summary>
internal interface ILeaseStatements
{
    /// <summary>The new expiry, or <see langword="null"/> where the lease is not the holder's any more.</summary>
    Task<DateTimeOffset?> RenewAsync(LeaseSql sql, LeaseId id, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Frees the place where it is still the holder's.</summary>
    Task ReleaseAsync(LeaseSql sql, LeaseId id, CancellationToken cancellationToken);
}
