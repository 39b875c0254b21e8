using Microsoft.EntityFrameworkCore;
using Tiebreak.Server.Invites;
using Tiebreak.Server.Points;
using Tiebreak.Server.Systems;
using Tiebreak.Server.Tickets;

namespace Tiebreak.Server.Storage;

/// <summary>
/// Everything that the server keeps. Each table has a shard key that is part of its primary key and of every unique
/// constraint, so that the same schema can be spread over many machines.
/// </summary>
internal sealed class TiebreakDb : SystemDb
{
    public TiebreakDb(DbContextOptions<TiebreakDb> options)
        : base(options) =>
        // A failed attempt is rolled back as a whole; savepoints within it are two round trips under the lock for nothing.
        Database.AutoSavepointsEnabled = false;

    public DbSet<Group> Groups => Set<Group>();

    public DbSet<Invite> Invites => Set<Invite>();

    public DbSet<InviteUse> InviteUses => Set<InviteUse>();

    public DbSet<Membership> Memberships => Set<Membership>();

    public DbSet<TicketEvent> Events => Set<TicketEvent>();

    public DbSet<Seat> Seats => Set<Seat>();

    public DbSet<Booking> Bookings => Set<Booking>();

    public DbSet<PointsProgram> Programs => Set<PointsProgram>();

    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<AccountProgress> AccountProgress => Set<AccountProgress>();

    public DbSet<Entry> Entries => Set<Entry>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        // Ids are compared as written and sorted alike by every database, whatever its locale is.
        configurationBuilder.Properties<string>().UseCollation("C");

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(TiebreakDb).Assembly);
        SnakeCase.Apply(modelBuilder);
    }
}
