using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Tests.RowLocks;

internal sealed class ConcertContext(DbContextOptions<ConcertContext> options) : DbContext(options)
{
    public DbSet<Concert> Concerts => Set<Concert>();

    public DbSet<Booking> Bookings => Set<Booking>();

    public DbSet<Promoter> Promoters => Set<Promoter>();

    public DbSet<Contract> Contracts => Set<Contract>();

    public DbSet<Folder> Folders => Set<Folder>();

    public DbSet<Chapter> Chapters => Set<Chapter>();

    public DbSet<Ticket> Tickets => Set<Ticket>();

    public DbSet<Account> Accounts => Set<Account>();

    public DbSet<Voucher> Vouchers => Set<Voucher>();

    public DbSet<Tour> Tours => Set<Tour>();

    public DbSet<Venue> Venues => Set<Venue>();

    public DbSet<Poster> Posters => Set<Poster>();

    public DbSet<Album> Albums => Set<Album>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Concert>(concert =>
        {
            concert.ToTable("concerts");
            concert.Ignore(c => c.Free);
            concert.HasMany(c => c.Genres).WithMany(g => g.Concerts);
            concert.Property(c => c.Status).HasConversion<string>();
            concert.Property<string?>("Note");
            concert.OwnsOne(c => c.Hall, hall => hall.Ignore(h => h.Line));
            concert.ComplexProperty(c => c.Terms);
        });
        modelBuilder.Entity<Genre>().ToTable("genres");
        modelBuilder.Entity<Booking>().ToTable("bookings");
        modelBuilder.Entity<Promoter>().ToTable("promoters");
        modelBuilder.Entity<Contract>().ToTable("contracts").HasQueryFilter(contract => contract.Promoter!.Active);
        modelBuilder.Entity<Folder>().ToTable("folders");
        modelBuilder.Entity<Chapter>().ToTable("chapters").HasOne(chapter => chapter.Book).WithMany().HasForeignKey(chapter => chapter.BookId);
        modelBuilder.Entity<ConcertLine>().HasNoKey().ToView("concert_lines");
        modelBuilder.Entity<OpenConcert>().ToView("open_concerts");
        modelBuilder.Entity<Venue>().ToTable("venues").HasOne(venue => venue.Detail).WithOne().HasForeignKey<VenueDetail>(detail => detail.Id);
        modelBuilder.Entity<VenueDetail>().ToTable("venues");
        modelBuilder.Entity<Poster>().ToTable("posters").ComplexCollection(poster => poster.Prints, prints => prints.ToJson());
        modelBuilder.Entity<Album>().ToTable("albums").OwnsOne(album => album.Cover, cover => cover.ToJson());
        modelBuilder.Entity<Tour>(tour =>
        {
            tour.ToTable("tours");
            tour.OwnsMany(t => t.Stops, stops => stops.ToTable("stops"));
            tour.ComplexProperty(t => t.Fee);
        });

        modelBuilder.Entity<Ticket>().ToTable("tickets");
        modelBuilder.Entity<SeatTicket>();
        modelBuilder.Entity<DayTicket>();
        modelBuilder.Entity<Account>().ToTable("accounts");
        modelBuilder.Entity<SavingsAccount>().ToTable("savings_accounts");
        modelBuilder.Entity<Voucher>().UseTpcMappingStrategy();
        modelBuilder.Entity<GiftVoucher>().ToTable("gift_vouchers");
        modelBuilder.Entity<RebateVoucher>().ToTable("rebate_vouchers");
    }
}
