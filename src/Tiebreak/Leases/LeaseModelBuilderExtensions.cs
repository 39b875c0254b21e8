using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Leases;

/// <summary>Puts the leases' table into an application's model.</summary>
public static class LeaseModelBuilderExtensions
{
    /// <summary>
    /// Maps <see cref="LeaseRow"/> to a table, so that the application's migrations create it. Call it in
    /// <c>OnModelCreating</c>. Without migrations: <see cref="LeaseTable.CreateScript"/>.
    /// </summary>
    /// <remarks>
    /// The unique index over name, slot and token is not for look-ups. PostgreSQL takes a change of a column in a unique
    /// index for a change of the key, which FOR KEY SHARE keeps out, where it lets other changes pass
    /// (https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS). A takeover changes the token and so
    /// waits for a transaction that has fenced itself, also one that is written by hand; a renewal passes. Leave it in.
    /// </remarks>
    /// <param name="modelBuilder">The model.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="schema">The table's schema; the model's default one when left out.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The table's name is empty.</exception>
    public static ModelBuilder UseLeases(this ModelBuilder modelBuilder, string table = LeaseTable.DefaultName, string? schema = null)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        ArgumentException.ThrowIfNullOrWhiteSpace(table);
        return modelBuilder.Entity<LeaseRow>(lease =>
        {
            lease.ToTable(table, schema);
            lease.HasKey(row => new { row.Name, row.Slot });
            lease.HasIndex(row => new { row.Name, row.Slot, row.Token }).IsUnique();
            lease.Property(row => row.Name).HasColumnName("name").HasColumnType("text");
            lease.Property(row => row.Slot).HasColumnName("slot").ValueGeneratedNever();
            lease.Property(row => row.Token).HasColumnName("token");
            lease.Property(row => row.Acquisition).HasColumnName("acquisition");
            lease.Property(row => row.Holder).HasColumnName("holder").HasColumnType("text");
            lease.Property(row => row.ExpiresAt).HasColumnName("expires_at");
        });
    }
}
