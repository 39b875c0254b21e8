using Npgsql;
using Tiebreak.Races.Cli.Files;

namespace Tiebreak.Races.Cli.Tests;

public sealed class ConnectionUrlTests
{
    [Theory]
    [InlineData("postgresql://localhost", "Host=localhost")]
    [InlineData("postgres://u:p@h:1/d", "Host=h;Port=1;Username=u;Password=p;Database=d")]
    [InlineData("postgresql://u%40x:p%2F%3A%25+%20@h/d%20b", "Host=h;Username=u@x;Password='p/:%+ ';Database=d b")]
    [InlineData("postgresql://u:a:b@h/d", "Host=h;Username=u;Password=a:b;Database=d")]
    [InlineData("postgresql://[::1]:5433/d", "Host=::1;Port=5433;Database=d")]
    [InlineData("postgresql:///d?host=/run/postgresql&user=me", "Host=/run/postgresql;Database=d;Username=me")]
    [InlineData("postgresql://h/d?sslmode=verify-full&connect_timeout=3&application_name=a%26b", "Host=h;Database=d;SSL Mode=VerifyFull;Timeout=3;Application Name=a&b")]
    [InlineData("postgresql://h/d?options=-c%20search_path%3Dapp", "Host=h;Database=d;Options=-c search_path=app")]
    public void A_URL_becomes_a_connection_string(string url, string expected) =>
        Assert.Equivalent(new NpgsqlConnectionStringBuilder(expected), new NpgsqlConnectionStringBuilder(ConnectionUrl.ToConnectionString(url)));

    [Theory]
    [InlineData("Host=x", "is no connection URL")]
    [InlineData("postgresql://a,b/d", "names several hosts")]
    [InlineData("postgresql://h:0/d", "has no port from 1 to 65535")]
    [InlineData("postgresql://h/d?sslmode=maybe", "has an sslmode that is not known")]
    [InlineData("postgresql://h/d?colour=red", "has an option that is not known: colour")]
    public void Another_text_is_refused_with_what_to_write(string url, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => ConnectionUrl.ToConnectionString(url)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_URL_for_programs_reads_back_the_same()
    {
        var connection = new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = 7001, Username = "u@x", Password = "p/:%", Database = "d b" };

        var back = new NpgsqlConnectionStringBuilder(ConnectionUrl.ToConnectionString(ConnectionUrl.Of(connection)));

        Assert.Equal((connection.Username, connection.Password, connection.Database, connection.Port), (back.Username, back.Password, back.Database, back.Port));
    }
}
