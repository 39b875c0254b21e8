using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Tests.Bulk;

internal sealed class ShapeContext(DbContextOptions<ShapeContext> options) : DbContext(options)
{
    public DbSet<Use> Uses => Set<Use>();

    public DbSet<Membership> Memberships => Set<Membership>();

    public DbSet<Venue> Venues => Set<Venue>();

    public DbSet<Animal> Animals => Set<Animal>();

    public DbSet<Order> Orders => Set<Order>();

    public DbSet<GiftCoupon> GiftCoupons => Set<GiftCoupon>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasDefaultSchema("Odd \"schema\"");
        modelBuilder.Entity<Use>(use =>
        {
            use.ToTable("uses");
            use.Property(u => u.Id).ValueGeneratedNever();
            use.Property(u => u.UserId).HasColumnName("the \"user\"");
            use.HasIndex(u => new { u.Code, u.UserId }).IsUnique();
            use.HasIndex(u => u.Number).IsUnique().HasFilter("\"Number\" > 1000000");
        });
        modelBuilder.Entity<Membership>().HasKey(m => new { m.GroupId, m.UserId });
        modelBuilder.Entity<Venue>(venue =>
        {
            venue.Property(v => v.Id).ValueGeneratedNever();
            venue.Property("_secret");
            venue.Property<string?>("Note");
            venue.OwnsOne(v => v.Hall, hall => hall.OwnsOne(h => h.Geo));
            venue.ComplexProperty(v => v.Price);
            venue.ComplexProperty(v => v.Span);
            venue.ComplexProperty(v => v.Rating, rating => rating.ToJson());
            venue.OwnsOne(v => v.Details, details =>
            {
                details.ToJson();
                details.OwnsOne(d => d.Contact);
                details.OwnsMany(d => d.More);
            });
            venue.OwnsMany(v => v.Contacts, contacts => contacts.ToJson());
            venue.OwnsMany(v => v.Staff);
        });
        modelBuilder.Entity<Animal>().Property(a => a.Id).ValueGeneratedNever();
        modelBuilder.Entity<Cat>().Property(c => c.Colour).HasColumnName("Colour");
        modelBuilder.Entity<Dog>().Property(d => d.Colour).HasColumnName("Colour");
        modelBuilder.Entity<Puppy>();
        modelBuilder.Entity<Order>(order =>
        {
            order.Property(o => o.Priority).HasDefaultValue(5);
            order.Property(o => o.CreatedAt).HasDefaultValueSql("now()");
            order.Property(o => o.Doubled).HasComputedColumnSql("\"Quantity\" * 2", stored: true);
        });
        modelBuilder.Entity<Numbered>();
        modelBuilder.Entity<Vehicle>().UseTptMappingStrategy();
        modelBuilder.Entity<Car>().ToTable("cars");
        modelBuilder.Entity<Coupon>().UseTpcMappingStrategy().Property(c => c.Id).ValueGeneratedNever();
        modelBuilder.Entity<GiftCoupon>().ToTable("gift_coupons");
        modelBuilder.Entity<Line>().HasNoKey();
        modelBuilder.Entity<Shown>().ToView("shown");
        modelBuilder.Entity<Rounded>().Property(r => r.Id).HasPrecision(10, 2).ValueGeneratedNever();
        modelBuilder.Entity<Child>(child =>
        {
            child.Property(c => c.Id).ValueGeneratedNever();
            child.HasOne(c => c.Use).WithMany().HasForeignKey("UseId");
        });
    }
}
