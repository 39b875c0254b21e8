using Npgsql;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tests.Support;

/// <summary>
/// The time that a server decides at, by a table of its database: the database's clock set forward by as much as a test
/// says, or standing still at the moment that it names. Timers keep the system's pace.
/// </summary>
public sealed class ServerTime
{
    private readonly string _connectionString;

    /// <summary>Makes the table.</summary>
    public ServerTime(string connectionString, DateTimeOffset? stoppedAt = null)
    {
        _connectionString = connectionString;
        Execute("CREATE SCHEMA tests; CREATE TABLE tests.clock (ahead interval NOT NULL, stopped timestamptz); INSERT INTO tests.clock VALUES (interval '0', $1)", stoppedAt);
    }

    /// <summary>What the server asks.</summary>
    internal static DecisionTime Seam { get; } = new("coalesce((SELECT stopped FROM tests.clock), clock_timestamp() + (SELECT ahead FROM tests.clock))");

    /// <summary>The time now.</summary>
    public DateTimeOffset GetUtcNow() => new((DateTime)Execute("SELECT " + Seam.Sql)!);

    /// <summary>Lets so much time pass at once; less than none sets the clock back.</summary>
    public void Forward(TimeSpan by) => Execute("UPDATE tests.clock SET ahead = ahead + $1", by);

    /// <summary>The clock stands still at this moment from now on.</summary>
    public void Set(DateTimeOffset now) => Execute("UPDATE tests.clock SET stopped = $1", now);

    private object? Execute(string sql, object? value = null)
    {
        using var connection = new NpgsqlConnection(_connectionString);
        connection.Open();
        object? answer = null;
        foreach (var statement in sql.Split("; "))
        {
            using var command = new NpgsqlCommand(statement, connection);
            if (statement.Contains("$1", StringComparison.Ordinal))
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = value is TimeSpan ? NpgsqlTypes.NpgsqlDbType.Interval : NpgsqlTypes.NpgsqlDbType.TimestampTz });
            }

            answer = command.ExecuteScalar();
        }

        return answer;
    }
}
