using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Tests.Updates;

internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Seat> Seats => Set<Seat>();

    public DbSet<Invite> Invites => Set<Invite>();

    public DbSet<User> Users => Set<User>();

    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<Plain> Plains => Set<Plain>();

    public DbSet<Ticket> Tickets => Set<Ticket>();

    public DbSet<Vehicle> Vehicles => Set<Vehicle>();

    public DbSet<Note> Notes => Set<Note>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Hall>().Property(h => h.Id).ValueGeneratedNever();
        modelBuilder.Entity<Seat>(seat =>
        {
            seat.ToTable("the \"seats\"");
            seat.Property(s => s.Id).ValueGeneratedNever();
            seat.Property(s => s.Taken).HasColumnName("taken places");
            seat.Property(s => s.State).HasConversion<string>();
            seat.ComplexProperty(s => s.Price);
            seat.Property<string>("Shadow").HasDefaultValue("none");
        });
        modelBuilder.Entity<Invite>(invite =>
        {
            invite.Property(i => i.Id).ValueGeneratedNever();
            invite.HasIndex(i => i.Code).IsUnique();
        });
        modelBuilder.Entity<User>(user =>
        {
            user.HasIndex(u => u.Email).IsUnique();
            user.Property(u => u.MadeAt).HasDefaultValueSql("now()");
            user.Property(u => u.State).HasConversion<string>();
            user.ComplexProperty(u => u.Fee);
            user.Property(u => u.Version).IsRowVersion();
            user.HasQueryFilter(u => u.Name != "deleted");
        });
        modelBuilder.Entity<Account>(account =>
        {
            account.Property(a => a.Id).ValueGeneratedNever();
            account.Property(a => a.Version).IsRowVersion();
        });
        modelBuilder.Entity<Plain>().Property(p => p.Id).ValueGeneratedNever();
        modelBuilder.Entity<KeyOnly>().Property(k => k.Id).ValueGeneratedNever();
        modelBuilder.Entity<Ticket>().Property(t => t.Id).ValueGeneratedNever();
        modelBuilder.Entity<DayTicket>();
        modelBuilder.Entity<SeatTicket>();
        modelBuilder.Entity<Vehicle>().UseTptMappingStrategy().Property(v => v.Id).ValueGeneratedNever();
        modelBuilder.Entity<Truck>().ToTable("trucks");
        modelBuilder.Entity<Note>(note =>
        {
            note.Property(n => n.Id).ValueGeneratedNever();
            note.OwnsOne(n => n.Line, line => line.ToJson());
        });
    }
}
