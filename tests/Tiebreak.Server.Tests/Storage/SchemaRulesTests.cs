using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata.Conventions;
using Tiebreak.Server.Storage;

namespace Tiebreak.Server.Tests.Storage;

/// <summary>The server's schema can be spread over many machines, as it is.</summary>
public sealed class SchemaRulesTests
{
    private static readonly string[] ReferenceTables = ["programs"];

    /// <summary>Name, a change of the model that breaks one rule, and what the check says of it.</summary>
    public static TheoryData<string, string> Violations => new()
    {
        { "unique without the shard key", "bookings: unique (buyer_id) does not hold the shard key event_id" },
        { "alternate key without the shard key", "bookings: unique (id) does not hold the shard key event_id" },
        { "no primary key", "loose: has no primary key, so no shard key" },
        { "foreign key across", "bookings: the foreign key (buyer_id) to buyers does not run along the shard key event_id" },
        { "foreign key from the shard key to another part", "bookings: the foreign key (event_id, id) to tours does not run along the shard key event_id" },
        { "trigger", "bookings: the trigger bookings_count" },
        { "identity", "numbers.id: its value is made by the database" },
        { "id made by a default", "bookings.id: its value is made by the database" },
        { "sequence", "sequence numbers: ids are made by the application" },
    };

    [Fact]
    public void The_servers_schema_keeps_every_rule() =>
        Assert.Empty(SchemaRules.Find(ServerModel(), ReferenceTables));

    [Fact]
    public void The_servers_tables_are_the_ones_looked_at() =>
        Assert.Superset(
            new HashSet<string>(["invites", "invite_uses", "memberships", "events", "bookings", "seats", "accounts", "entries", "request_keys"], StringComparer.Ordinal),
            ServerModel().GetEntityTypes().Select(entity => entity.GetTableName()!).ToHashSet(StringComparer.Ordinal));

    [Fact]
    public void A_model_that_keeps_the_rules_is_fine() => Assert.Empty(SchemaRules.Find(Model("none"), "programs"));

    [Theory]
    [MemberData(nameof(Violations))]
    public void A_model_that_breaks_a_rule_is_found(string violation, string expected) =>
        Assert.Equal([expected], SchemaRules.Find(Model(violation), "programs"));

    [Fact]
    public void Only_a_named_reference_table_may_be_referred_to_from_anywhere() =>
        Assert.Equal(["bookings: the foreign key (program_id) to programs does not run along the shard key event_id"], SchemaRules.Find(Model("none")));

    internal static IModel ServerModel()
    {
        using var db = new TiebreakDb(new DbContextOptionsBuilder<TiebreakDb>().UseNpgsql("Host=nowhere.invalid").Options);
        return db.GetService<IDesignTimeModel>().Model;
    }

    private static IModel Model(string violation)
    {
        var model = new ModelBuilder(NpgsqlConventionSetBuilder.Build());
        model.Entity("program", program => Table(program, "programs", "id"));
        model.Entity("event", e => Table(e, "events", "event_id"));
        model.Entity("booking", booking =>
        {
            Table(booking, "bookings", "event_id", "id");
            booking.Property<Guid>("buyer_id");
            booking.Property<Guid>("program_id");
            booking.HasIndex("event_id", "buyer_id").IsUnique();
            booking.HasOne("event", null).WithMany().HasForeignKey("event_id");
            booking.HasOne("program", null).WithMany().HasForeignKey("program_id");
        });
        Break(model, violation);
        return (IModel)model.FinalizeModel();
    }

    private static void Break(ModelBuilder model, string violation)
    {
        var booking = model.Entity("booking");
        switch (violation)
        {
            case "unique without the shard key":
                booking.HasIndex("buyer_id").IsUnique();
                break;
            case "alternate key without the shard key":
                booking.HasAlternateKey("id");
                break;
            case "no primary key":
                model.Entity("loose", loose => loose.ToTable("loose").HasNoKey().Property<int>("id"));
                break;
            case "foreign key across":
                model.Entity("buyer", buyer => Table(buyer, "buyers", "id"));
                booking.HasOne("buyer", null).WithMany().HasForeignKey("buyer_id");
                break;
            case "foreign key from the shard key to another part":
                model.Entity("tour", tour => Table(tour, "tours", "tour_id", "stop"));
                model.Entity("tour").HasAlternateKey("stop", "tour_id");
                booking.HasOne("tour", null).WithMany().HasForeignKey("event_id", "id").HasPrincipalKey("stop", "tour_id");
                break;
            case "trigger":
                booking.ToTable(table => table.HasTrigger("bookings_count"));
                break;
            case "identity":
                model.Entity("number", number => number.ToTable("numbers").Property<int>("id"));
                model.Entity("number").HasKey("id");
                break;
            case "id made by a default":
                booking.Property<Guid>("id").HasDefaultValueSql("gen_random_uuid()").Metadata.ValueGenerated = ValueGenerated.Never;
                break;
            case "sequence":
                model.HasSequence<long>("numbers");
                break;
        }
    }

    private static void Table(Microsoft.EntityFrameworkCore.Metadata.Builders.EntityTypeBuilder entity, string table, params string[] key)
    {
        entity.ToTable(table);
        foreach (var column in key)
        {
            entity.Property<Guid>(column).ValueGeneratedNever();
        }

        entity.HasKey(key);
    }
}
