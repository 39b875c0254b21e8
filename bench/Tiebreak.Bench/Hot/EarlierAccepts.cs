using Tiebreak.Bench.Hosting;

namespace Tiebreak.Bench.Hot;

/// <summary>
/// Accepts from before the run. On empty tables PostgreSQL would plan to read all of them, and keep such plans until
/// autovacuum has looked: that is a minute of a database's life, and not what a sale meets.
/// </summary>
internal static class EarlierAccepts
{
    public static Task WriteAsync(BenchServer server, Guid group) => server.ExecuteAsync($"""
        INSERT INTO invites VALUES ('EARLIER', 1, '{group}', 1000000000, 20000, 0, true, NULL, NULL, now());
        INSERT INTO invite_uses SELECT 'EARLIER', 1, i, 'earlier-' || i, '{group}', now(), 'earlier-' || i, decode(md5(i::text), 'hex') FROM generate_series(1, 20000) i;
        INSERT INTO memberships SELECT 'earlier-' || i, '{group}', 'EARLIER', 1, now() FROM generate_series(1, 20000) i;
        ANALYZE;
        """);
}
