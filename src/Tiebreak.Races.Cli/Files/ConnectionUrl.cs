using System.Globalization;
using Npgsql;

namespace Tiebreak.Races.Cli.Files;

/// <summary>Turns the connection URLs that most languages use into what the driver takes, and back.</summary>
internal static class ConnectionUrl
{
    private static readonly string[] Schemes = ["postgresql://", "postgres://"];

    /// <summary>A connection string for <c>postgresql://user:password@host:port/database?sslmode=require</c>.</summary>
    /// <exception cref="FormatException">It is no such URL; the message says what to write.</exception>
    public static string ToConnectionString(string url)
    {
        var scheme = Schemes.FirstOrDefault(start => url.StartsWith(start, StringComparison.OrdinalIgnoreCase))
            ?? throw new FormatException("is no connection URL. Write postgresql://user:password@host:5432/database.");
        var (rest, query) = Cut(url[scheme.Length..], '?');
        var (authority, database) = Cut(rest, '/');
        var at = authority.LastIndexOf('@');
        var (user, password) = at < 0 ? ("", null) : Cut(authority[..at], ':');
        var builder = new NpgsqlConnectionStringBuilder();
        SetHost(builder, authority[(at + 1)..]);
        Set(database, value => builder.Database = value);
        Set(user, value => builder.Username = value);
        Set(password, value => builder.Password = value);
        foreach (var option in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Cut(option, '=');
            SetOption(builder, Unescape(name), Unescape(value ?? ""));
        }

        return builder.ConnectionString;
    }

    /// <summary>The URL for a connection string, for a program's environment.</summary>
    public static string Of(NpgsqlConnectionStringBuilder connection) => string.Create(
        CultureInfo.InvariantCulture,
        $"postgresql://{Uri.EscapeDataString(connection.Username ?? "")}:{Uri.EscapeDataString(connection.Password ?? "")}@{connection.Host}:{connection.Port}/{Uri.EscapeDataString(connection.Database ?? "")}?sslmode=disable");

    private static void SetHost(NpgsqlConnectionStringBuilder builder, string text)
    {
        if (text.Contains(',', StringComparison.Ordinal))
        {
            throw new FormatException("names several hosts. Write the one to explore on.");
        }

        var colon = text.LastIndexOf(':');
        if (colon >= 0 && !text.EndsWith(']'))
        {
            builder.Port = Port(text[(colon + 1)..]);
            text = text[..colon];
        }

        builder.Host = text.Length == 0 ? "localhost" : Unescape(text.Trim('[', ']'));
    }

    private static void SetOption(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        switch (name)
        {
            case "sslmode": builder.SslMode = Ssl(value); break;
            case "sslrootcert": builder.RootCertificate = value; break;
            case "connect_timeout": builder.Timeout = Number(name, value); break;
            case "application_name": builder.ApplicationName = value; break;
            case "options": builder.Options = value; break;
            case "host": builder.Host = value; break;
            case "port": builder.Port = Port(value); break;
            case "user": builder.Username = value; break;
            case "password": builder.Password = value; break;
            case "dbname": builder.Database = value; break;
            default:
                throw new FormatException($"has an option that is not known: {name}. Known are sslmode, sslrootcert, connect_timeout, application_name, options, host, port, user, password and dbname.");
        }
    }

    private static SslMode Ssl(string value) => value switch
    {
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "prefer" => SslMode.Prefer,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new FormatException($"has an sslmode that is not known: {value}. Write disable, allow, prefer, require, verify-ca or verify-full."),
    };

    private static int Port(string text) => Number("port", text) is > 0 and < 65536 and var port ? port : throw new FormatException($"has no port from 1 to 65535: {text}.");

    private static int Number(string name, string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new FormatException($"has no whole number for {name}: {text}.");

    private static void Set(string? text, Action<string> set)
    {
        if (!string.IsNullOrEmpty(text))
        {
            set(Unescape(text));
        }
    }

    // A plus sign is itself: the form that libpq reads, not that of web forms.
    private static string Unescape(string text) => Uri.UnescapeDataString(text);

    private static (string Before, string? After) Cut(string text, char at) => text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var index
        ? (text[..index], text[(index + 1)..])
        : (text, null);
}
