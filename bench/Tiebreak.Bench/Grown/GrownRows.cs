using System.Globalization;

namespace Tiebreak.Bench.Grown;

/// <summary>Fills the systems' tables, as use would have: one key of each kind with few records, one with many.</summary>
internal static class GrownRows
{
    private static readonly Guid Group = Guid.Parse("00000000-0000-7000-8000-000000000001", CultureInfo.InvariantCulture);

    public static Guid EventId(bool many, bool seated) =>
        Guid.Parse($"00000000-0000-7000-8000-0000000001{(seated ? 1 : 0)}{(many ? 1 : 0)}", CultureInfo.InvariantCulture);

    public static IEnumerable<string> Statements(int few, int many)
    {
        yield return $"INSERT INTO groups VALUES ('{Group}', 'Grown', now())";
        yield return """INSERT INTO programs VALUES ('grown', '[{"type": "rate", "pointsPerUnit": 1}, {"type": "firstOfDay", "bonus": 5}, {"type": "dailyCap", "points": 1000000000}]', now(), now())""";
        foreach (var (isMany, count) in new[] { (false, few), (true, many) })
        {
            foreach (var sql in Invites(isMany ? "MANY" : "FEW-", count)
                .Concat(Event(EventId(isMany, seated: false), count, seated: false))
                .Concat(Event(EventId(isMany, seated: true), count, seated: true))
                .Concat(Account(isMany ? "many" : "few", count)))
            {
                yield return sql;
            }
        }

        yield return "ANALYZE";
    }

    private static IEnumerable<string> Invites(string code, int count) =>
    [
        $"INSERT INTO invites VALUES ('{code}', 1, '{Group}', 1000000000, {count}, 0, true, NULL, NULL, now())",
        $"INSERT INTO invite_uses SELECT '{code}', 1, i, '{code}-' || i, '{Group}', now(), '{code}-key-' || i, decode(md5(i::text), 'hex') FROM generate_series(1, {count}) i",
        $"INSERT INTO memberships SELECT '{code}-' || i, '{Group}', '{code}', 1, now() FROM generate_series(1, {count}) i",
    ];

    /// <summary>The bookings are there, and as many free seats again as a run takes.</summary>
    private static IEnumerable<string> Event(Guid id, int count, bool seated)
    {
        yield return $"INSERT INTO events VALUES ('{id}', 'Grown', {count} + 1000000, {count}, 0, NULL, {(seated ? "true" : "false")}, now())";
        yield return $"INSERT INTO bookings SELECT '{id}', gen_random_uuid(), 'buyer-' || i, 1, {(seated ? "ARRAY['taken-' || i]" : "NULL")}, 1, NULL, now(), now(), 'key-old-' || i, decode(md5(i::text), 'hex') FROM generate_series(1, {count}) i";
        if (seated)
        {
            yield return $"INSERT INTO seats SELECT '{id}', 'taken-' || i, i, gen_random_uuid() FROM generate_series(1, {count}) i";
            yield return $"INSERT INTO seats SELECT '{id}', 'free-' || i, {count} + i FROM generate_series(1, 100000) i";
        }
    }

    private static IEnumerable<string> Account(string id, int count) =>
    [
        $"INSERT INTO accounts VALUES ('{id}', 'grown', {count}, {count}, {count}, now())",
        $"INSERT INTO entries SELECT '{id}', i, gen_random_uuid(), 0, 1, i, NULL, NULL, NULL, NULL, NULL, now(), 'key-old-' || i, decode(md5(i::text), 'hex') FROM generate_series(1, {count}) i",
    ];
}
