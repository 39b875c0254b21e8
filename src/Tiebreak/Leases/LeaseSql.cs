using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Leases;

/// <summary>
/// The statements over the table of one model. Time is clock_timestamp() throughout: now() is the time at which the
/// transaction began (https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT).
/// </summary>
internal sealed class LeaseSql
{
    private LeaseSql(DbContext context)
    {
        Model = context.Model;
        var row = Model.FindEntityType(typeof(LeaseRow)) ?? throw new InvalidOperationException(
            $"The model of {context.GetType().Name} has no table of leases. Write modelBuilder.UseLeases(); in OnModelCreating, and create the table by a migration or LeaseTable.CreateScript().");
        var quoting = context.GetService<ISqlGenerationHelper>();
        var table = StoreObjectIdentifier.Table(row.GetTableName()!, row.GetSchema());
        string Column(string property) => quoting.DelimitIdentifier(row.FindProperty(property)!.GetColumnName(table)!);
        var leases = quoting.DelimitIdentifier(table.Name, table.Schema);
        var (name, slot, token, acquisition) = (Column(nameof(LeaseRow.Name)), Column(nameof(LeaseRow.Slot)), Column(nameof(LeaseRow.Token)), Column(nameof(LeaseRow.Acquisition)));
        var (holder, expires) = (Column(nameof(LeaseRow.Holder)), Column(nameof(LeaseRow.ExpiresAt)));
        var own = $"{name} = @name AND {slot} = @slot AND {token} = @token AND {acquisition} = @acquisition";

        // A row that is locked is being taken by somebody or fenced by its holder: not free, and nobody waits for it.
        // An attempt that is repeated after its answer was lost finds the place that it has taken.
        Acquire = $"""
            WITH free AS (
                SELECT {slot} FROM {leases}
                WHERE {name} = @name AND {slot} <= @permits AND ({expires} <= clock_timestamp() OR {acquisition} = @acquisition)
                ORDER BY {acquisition} = @acquisition DESC, {slot}
                LIMIT 1
                FOR UPDATE SKIP LOCKED),
            taken AS (
                UPDATE {leases} AS lease
                SET {token} = lease.{token} + 1, {acquisition} = @acquisition, {holder} = @holder, {expires} = clock_timestamp() + @duration
                FROM free WHERE lease.{name} = @name AND lease.{slot} = free.{slot}
                RETURNING lease.{slot}, lease.{token}, lease.{expires})
            SELECT taken.*, CASE WHEN taken.{slot} IS NULL THEN (SELECT count(*) FROM {leases} WHERE {name} = @name AND {slot} <= @permits) END
            FROM (SELECT) AS always LEFT JOIN taken ON true
            """;

        // The first token is the clock's milliseconds and not 1: where a row was cleaned up and comes back, its tokens
        // still go on above the old ones.
        AddSlots = $"""
            INSERT INTO {leases} ({name}, {slot}, {token}, {acquisition}, {expires})
            SELECT @name, number, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, '00000000-0000-0000-0000-000000000000', 'epoch'
            FROM generate_series(1, @permits) AS number ORDER BY number
            ON CONFLICT DO NOTHING
            """;

        Renew = $"UPDATE {leases} SET {expires} = clock_timestamp() + @duration WHERE {own} AND {expires} > clock_timestamp() RETURNING {expires}";
        Release = $"UPDATE {leases} SET {expires} = clock_timestamp(), {holder} = NULL WHERE {own} AND {expires} > clock_timestamp()";
        GiveBack = $"UPDATE {leases} SET {expires} = clock_timestamp(), {holder} = NULL WHERE {name} = @name AND {acquisition} = @acquisition AND {expires} > clock_timestamp()";
        Fence = $"SELECT 1 AS \"Value\" FROM {leases} WHERE {own} AND {expires} > clock_timestamp() FOR KEY SHARE";
        Holders = $"SELECT coalesce({holder}, '') FROM {leases} WHERE {name} = @name AND {slot} <= @permits AND {expires} > clock_timestamp() ORDER BY {slot}";
    }

    public IModel Model { get; }

    /// <summary>slot, token and expiry of the place taken; or nulls, and how many places there are.</summary>
    public string Acquire { get; }

    public string AddSlots { get; }

    public string Renew { get; }

    public string Release { get; }

    public string GiveBack { get; }

    public string Fence { get; }

    public string Holders { get; }

    public static LeaseSql Of(DbContext context) => new(context);
}
