using System.Globalization;

namespace Tiebreak.Bench.Grown;

/// <summary>Fills the systems' tables, as use would have: one key of each kind with so many records, and other keys beside it.</summary>
internal sealed class GrownRows(int records)
{
    /// <summary>How many seats are free: more than a run takes.</summary>
    private const int FreeSeats = 50_000;

    private static readonly Guid Group = new("00000000-0000-7000-8000-000000000001");
    private int _seats;

    public string Code { get; } = FormattableString.Invariant($"GROWN-{records}");

    public string AccountId { get; } = FormattableString.Invariant($"grown-{records}");

    public Guid EventId { get; } = Guid.Parse(FormattableString.Invariant($"00000000-0000-7000-8001-{records:x12}"), CultureInfo.InvariantCulture);

    public Guid SeatedEventId { get; } = Guid.Parse(FormattableString.Invariant($"00000000-0000-7000-8002-{records:x12}"), CultureInfo.InvariantCulture);

    public string FreeSeat() => FormattableString.Invariant($"free-{Interlocked.Increment(ref _seats)}");

    /// <summary>What every database has.</summary>
    public static IEnumerable<string> Common() =>
    [
        $"INSERT INTO groups VALUES ('{Group}', 'Grown', now())",
        """INSERT INTO programs VALUES ('grown', '[{"type": "rate", "pointsPerUnit": 1}, {"type": "firstOfDay", "bonus": 5}, {"type": "dailyCap", "points": 1000000000}]', now(), now())""",
    ];

    /// <summary>Other invites, events and accounts, to which nothing happens.</summary>
    public static IEnumerable<string> OtherKeys(int count) =>
    [
        Invariant($"INSERT INTO invites SELECT 'OTHER-' || i, 1, '{Group}', 1000000000, 0, 0, true, NULL, NULL, now() FROM generate_series(1, {count}) i"),
        Invariant($"INSERT INTO events SELECT gen_random_uuid(), 'Other', 1000, 0, 0, NULL, i % 2 = 0, now() FROM generate_series(1, {count}) i"),
        Invariant($"INSERT INTO accounts SELECT 'other-' || i, 'grown', 0, 0, 0, now() FROM generate_series(1, {count}) i"),
    ];

    public IEnumerable<string> Statements() =>
    [
        Invariant($"INSERT INTO invites VALUES ('{Code}', 1, '{Group}', 1000000000, {records}, 0, true, NULL, NULL, now())"),
        Invariant($"INSERT INTO invite_uses SELECT '{Code}', 1, i, '{Code}-' || i, '{Group}', now(), '{Code}-key-' || i, decode(md5(i::text), 'hex') FROM generate_series(1, {records}) i"),
        Invariant($"INSERT INTO memberships SELECT '{Code}-' || i, '{Group}', '{Code}', 1, now() FROM generate_series(1, {records}) i"),
        .. Event(EventId, seated: false),
        .. Event(SeatedEventId, seated: true),
        Invariant($"INSERT INTO seats SELECT '{SeatedEventId}', 'taken-' || i, i, gen_random_uuid() FROM generate_series(1, {records}) i"),
        Invariant($"INSERT INTO seats SELECT '{SeatedEventId}', 'free-' || i, {records} + i FROM generate_series(1, {FreeSeats}) i"),
        Invariant($"INSERT INTO accounts VALUES ('{AccountId}', 'grown', {records}, {records}, {records}, now())"),
        Invariant($"INSERT INTO entries SELECT '{AccountId}', i, gen_random_uuid(), 1, 1, i, NULL, NULL, NULL, NULL, NULL, now(), 'key-old-' || i, decode(md5(i::text), 'hex') FROM generate_series(1, {records}) i"),
    ];

    private IEnumerable<string> Event(Guid id, bool seated) =>
    [
        Invariant($"INSERT INTO events VALUES ('{id}', 'Grown', {records} + 1000000, {records}, 0, NULL, {(seated ? "true" : "false")}, now())"),
        Invariant($"INSERT INTO bookings SELECT '{id}', gen_random_uuid(), 'buyer-' || i, 1, {(seated ? "ARRAY['taken-' || i]" : "NULL")}, 1, NULL, now(), now(), 'key-old-' || i, decode(md5(i::text), 'hex') FROM generate_series(1, {records}) i"),
    ];

    private static string Invariant(FormattableString sql) => FormattableString.Invariant(sql);
}
