namespace Tiebreak.Leases;

/// <summary>
/// One place of a lease in the table that <see cref="LeaseModelBuilderExtensions.UseLeases"/> maps; a plain lease has one
/// place, a semaphore as many as it has permits. For reading only, to see who holds what
/// (<c>db.Set&lt;LeaseRow&gt;().AsNoTracking()</c>): it is written by <see cref="LeaseStore{TContext}"/>.
/// </summary>
public sealed class LeaseRow
{
    private LeaseRow()
    {
    }

    /// <summary>The lease's name. With <see cref="Slot"/> the key.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The place, from 1 to the number of permits.</summary>
    public int Slot { get; private set; }

    /// <summary>The fencing token of the last who had the place. It only grows; release does not reset it.</summary>
    public long Token { get; private set; }

    /// <summary>The id of the acquisition that the token belongs to: no two have the same, in no database.</summary>
    public Guid Acquisition { get; private set; }

    /// <summary>Who has or had the place; <see langword="null"/> after a release.</summary>
    public string? Holder { get; private set; }

    /// <summary>The place is free from here on, by the database's clock.</summary>
    public DateTimeOffset ExpiresAt { get; private set; }
}
