using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Tiebreak.Tests.Bulk;

/// <summary>Without UseTiebreak: bulk statements need nothing but the provider.</summary>
internal sealed class EveryTypeContext(NpgsqlDataSource source) : DbContext
{
    public DbSet<EveryType> Rows => Set<EveryType>();

    protected override void OnConfiguring(DbContextOptionsBuilder options) => options.UseNpgsql(source, npgsql => npgsql.MapEnum<Mood>("mood"));

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.HasPostgresExtension("citext").HasPostgresExtension("hstore").HasPostgresExtension("ltree");
        modelBuilder.HasPostgresEnum<Mood>();
        modelBuilder.Entity<EveryType>(row =>
        {
            row.ToTable("every_type");
            row.Property(r => r.Id).ValueGeneratedNever();
            row.Property(r => r.Scaled).HasPrecision(10, 2);
            row.Property(r => r.Money).HasColumnType("money");
            row.Property(r => r.FloatAsNumeric).HasColumnType("numeric");
            row.Property(r => r.Varchar).HasMaxLength(5);
            row.Property(r => r.Padded).HasColumnType("character(5)");
            row.Property(r => r.Citext).HasColumnType("citext");
            row.Property(r => r.Xml).HasColumnType("xml");
            row.Property(r => r.Json).HasColumnType("json");
            row.Property(r => r.Jsonb).HasColumnType("jsonb");
            row.Property(r => r.Element).HasColumnType("json");
            row.Property(r => r.Timestamp).HasColumnType("timestamp without time zone");
            row.Property(r => r.TimestampSeconds).HasPrecision(0);
            row.Property(r => r.TimeTz).HasColumnType("time with time zone");
            row.Property(r => r.DateTimeAsDate).HasColumnType("date");
            row.Property(r => r.TimeSpanAsTime).HasColumnType("time");
            row.Property(r => r.LevelAsText).HasConversion<string>();
            row.Property(r => r.Mac8).HasColumnType("macaddr8");
            row.Property(r => r.Bits).HasColumnType("bit(4)");
            row.Property(r => r.VarBits).HasColumnType("bit varying(9)");
            row.Property(r => r.TsRange).HasColumnType("tsrange");
            row.Property(r => r.Multirange).HasColumnType("int4multirange");
            row.Property(r => r.Xid).HasColumnType("xid");
            row.Property(r => r.Oid).HasColumnType("oid");
            row.Property(r => r.Xid8).HasColumnType("xid8");
            row.Property(r => r.Regconfig).HasColumnType("regconfig");
            row.Property(r => r.Comma).HasConversion(value => value!.Replace('.', ','), stored => stored.Replace(',', '.'));
            row.Property(r => r.IntsAsJson).HasColumnType("jsonb");
        });
    }
}
