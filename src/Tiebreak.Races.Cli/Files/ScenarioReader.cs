using System.Data;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Cli.Files;

/// <summary>Reads a scenario's file strictly: what it does not know is an error with its place.</summary>
internal sealed class ScenarioReader
{
    private readonly JsonSource _source;
    private readonly Expect _expect;
    private readonly string _folder;

    private ScenarioReader(JsonSource source)
    {
        _source = source;
        _expect = new Expect(source);
        _folder = Path.GetDirectoryName(Path.GetFullPath(source.Path))!;
    }

    /// <exception cref="ScenarioFileException">Something in it is wrong; the message has file, line, column and pointer.</exception>
    public static ScenarioFile Read(string path) => new ScenarioReader(JsonSource.Read(path)).Scenario();

    public static ScenarioFile Read(JsonSource source) => new ScenarioReader(source).Scenario();

    /// <summary>An isolation level as SQL writes it, or <see langword="null"/>.</summary>
    public static IsolationLevel? Level(string text) => text.Trim().ToLowerInvariant().Replace('-', ' ').Replace('_', ' ') switch
    {
        "read committed" or "readcommitted" => IsolationLevel.ReadCommitted,
        "repeatable read" or "repeatableread" => IsolationLevel.RepeatableRead,
        "serializable" => IsolationLevel.Serializable,
        _ => null,
    };

    private ScenarioFile Scenario()
    {
        var members = _expect.Object(_source.Root, "$schema", "database", "schema", "given", "actors", "warmup", "superuser", "invariants", "ignore", "isolation", "autocommit", "busy");
        if (!members.TryGetValue("actors", out var actors))
        {
            throw _source.Error(_source.Root, "\"actors\" is missing. Write two to four of them, each with a name and one of \"http\", \"command\" and \"sql\".");
        }

        var busy = members.TryGetValue("busy", out var item) ? _expect.Object(item, "status", "exitCode") : new Dictionary<string, JsonItem>(StringComparer.Ordinal);
        return new ScenarioFile
        {
            Path = _source.Path,
            Database = members.TryGetValue("database", out var database) ? Database(database) : null,
            Schema = members.TryGetValue("schema", out var schema) ? Sql(schema) : [],
            Given = members.TryGetValue("given", out var given) ? Sql(given) : [],
            Actors = Actors(actors),
            Warmup = !members.TryGetValue("warmup", out var warmup) || _expect.Bool(warmup),
            Superuser = members.TryGetValue("superuser", out var superuser) && _expect.Bool(superuser),
            Invariants = members.TryGetValue("invariants", out var invariants) ? Invariants(invariants) : [],
            Ignore = members.TryGetValue("ignore", out var ignore) ? Ignored(ignore) : [],
            Isolation = members.TryGetValue("isolation", out var isolation) ? [Isolation(isolation)] : [],
            Autocommit = members.TryGetValue("autocommit", out var autocommit) ? Autocommit(autocommit) : AutocommitMode.Split,
            BusyStatus = busy.TryGetValue("status", out var status) ? _expect.Integers(status, "a list of HTTP status codes, such as [503]") : [],
            BusyExitCodes = busy.TryGetValue("exitCode", out var exitCode) ? _expect.Integers(exitCode, "a list of exit codes, such as [75]") : [],
        };
    }

    private string Database(JsonItem item)
    {
        try
        {
            return ConnectionUrl.ToConnectionString(_expect.String(item, "a connection URL, such as postgresql://user:password@host:5432/postgres"));
        }
        catch (FormatException exception)
        {
            throw _source.Error(item, exception.Message);
        }
    }

    private IReadOnlyList<string> Sql(JsonItem item)
    {
        if (item.Kind == JsonValueKind.Array)
        {
            return _expect.Strings(item, "a list of SQL statements");
        }

        var name = _expect.String(item, "a file's name or a list of SQL statements");
        try
        {
            return [File.ReadAllText(Path.Combine(_folder, name))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw _source.Error(item, $"the file {name} cannot be read: {exception.Message} A string is a file's name; write SQL in a list: [\"...\"].");
        }
    }

    private List<ActorSpec> Actors(JsonItem item)
    {
        _expect.Kind(item, JsonValueKind.Array, "a list of two to four actors");
        if (item.Items.Count is < 2 or > 4)
        {
            throw _source.Error(item, $"there {(item.Items.Count == 1 ? "is 1 actor" : $"are {item.Items.Count} actors")}. Write two to four.");
        }

        var actors = new List<ActorSpec>();
        foreach (var actor in item.Items)
        {
            var spec = Actor(actor);
            if (actors.Exists(other => other.Name == spec.Name))
            {
                throw _source.Error(actor, $"there is an actor {spec.Name} already. Give each a name of its own.");
            }

            if (spec.Port != 0 && actors.Exists(other => other.Port == spec.Port))
            {
                throw _source.Error(actor, $"another actor listens on port {spec.Port} already. Give each a port of its own.");
            }

            actors.Add(spec);
        }

        return actors;
    }

    private ActorSpec Actor(JsonItem item)
    {
        var members = _expect.Object(item, "name", "listen", "password", "http", "command", "sql");
        if (!members.TryGetValue("name", out var name))
        {
            throw _source.Error(item, "\"name\" is missing. Write one, such as \"alice\".");
        }

        var kinds = members.Keys.Where(key => key is "http" or "command" or "sql").ToList();
        if (kinds.Count != 1)
        {
            throw _source.Error(item, kinds.Count == 0
                ? "says not what the actor does. Write one of \"http\", \"command\" and \"sql\"."
                : $"says {Expect.Or(kinds, "and")}. Keep one of them.");
        }

        var port = members.TryGetValue("listen", out var listen) ? Port(listen) : 0;
        if (port == 0 && kinds[0] == "http")
        {
            throw _source.Error(item, "\"listen\" is missing. Write the loopback address at which this actor's instance of the application finds its database, such as \"127.0.0.1:7001\".");
        }

        return new ActorSpec(
            _expect.String(name, "a name"),
            port,
            members.TryGetValue("http", out var http) ? Http(http) : null,
            members.TryGetValue("command", out var command) ? Filled(command, "a list of a program and its arguments, such as [\"python3\", \"bob.py\"]") : null,
            members.TryGetValue("sql", out var sql) ? Filled(sql, "a list of SQL statements") : null,
            members.TryGetValue("password", out var password) ? _expect.String(password, "the password that the gate asks for") : null);
    }

    private IReadOnlyList<string> Filled(JsonItem item, string what) =>
        _expect.Strings(item, what) is { Count: > 0 } texts ? texts : throw _source.Error(item, $"is empty. Write {what}.");

    private int Port(JsonItem item)
    {
        var text = _expect.String(item, "an address such as \"127.0.0.1:7001\"");
        return IPEndPoint.TryParse(text, out var address) && IPAddress.IsLoopback(address.Address) && address.Port > 0 && text.Contains(':', StringComparison.Ordinal)
            ? address.Port
            : throw _source.Error(item, $"\"{text}\" is no loopback address with a port. Write one such as \"127.0.0.1:7001\".");
    }

    private HttpSpec Http(JsonItem item)
    {
        var members = _expect.Object(item, "method", "url", "headers", "body");
        if (!members.TryGetValue("url", out var url))
        {
            throw _source.Error(item, "\"url\" is missing. Write one, such as \"http://127.0.0.1:8001/accept\".");
        }

        var text = _expect.String(url, "a URL");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw _source.Error(url, $"\"{text}\" is no URL. Write one such as \"http://127.0.0.1:8001/accept\".");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (members.TryGetValue("headers", out var list))
        {
            _expect.Kind(list, JsonValueKind.Object, "an object of names and values");
            foreach (var header in list.Members)
            {
                _expect.Kind(header.Value, JsonValueKind.String, "a string");
                headers[header.Name] = header.Value.Text;
            }
        }

        string? body = null;
        if (members.TryGetValue("body", out var content))
        {
            _expect.Kind(content, JsonValueKind.String, "a string");
            body = content.Text;
        }

        return new HttpSpec(members.TryGetValue("method", out var method) ? _expect.String(method, "a method, such as \"POST\"") : "GET", uri, headers, body);
    }

    private List<Invariant> Invariants(JsonItem item)
    {
        _expect.Kind(item, JsonValueKind.Array, "a list of invariants");
        return [.. item.Items.Select(inner =>
        {
            var members = _expect.Object(inner, "name", "sql");
            return members.TryGetValue("name", out var name) && members.TryGetValue("sql", out var sql)
                ? new Invariant(_expect.String(name, "a name"), _expect.String(sql, "a query of one boolean"))
                : throw _source.Error(inner, "needs \"name\" and \"sql\", a query of one boolean.");
        })];
    }

    private List<string> Ignored(JsonItem item)
    {
        _expect.Kind(item, JsonValueKind.Array, "a list of columns, such as [\"orders.created_at\"]");
        return [.. item.Items.Select(inner => _expect.String(inner, "a column, such as \"orders.created_at\"") is var column && (column.Contains('.', StringComparison.Ordinal) || column.StartsWith("answer:", StringComparison.Ordinal))
            ? column
            : throw _source.Error(inner, $"\"{column}\" names no table. Write it as \"table.column\", or a part of the answers as \"answer:body.at\"."))];
    }

    private IsolationLevel Isolation(JsonItem item) => Level(_expect.String(item, "an isolation level"))
        ?? throw _source.Error(item, $"\"{item.Text}\" is no isolation level of PostgreSQL. Write \"read committed\", \"repeatable read\" or \"serializable\".");

    private AutocommitMode Autocommit(JsonItem item) => _expect.String(item, "\"split\" or \"whole\"") switch
    {
        "split" => AutocommitMode.Split,
        "whole" => AutocommitMode.Whole,
        var other => throw _source.Error(item, string.Create(CultureInfo.InvariantCulture, $"\"{other}\" is not known. Write \"split\" or \"whole\".")),
    };
}
