using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Tests.RowLocks.Conformance;

/// <summary>One person, born in one city and died in another, each in a country of its own.</summary>
public sealed class PersonDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private NpgsqlDataSource? _source;

    public async ValueTask InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync("people"));
        await using var context = Open();
        await context.Database.EnsureCreatedAsync();
        var passport = new Passport { Id = 1, Number = "P1", Pages = 32 };
        context.AddRange(
            new Person
            {
                Id = 1,
                Name = "Reinhardt",
                Born = new City { Id = 1, Name = "Liberchies", Country = new Country { Id = 1, Name = "Belgium" } },
                Died = new City { Id = 2, Name = "Samois-sur-Seine", Country = new Country { Id = 2, Name = "France" } },
                Profile = new PersonProfile { Id = 1, Links = { new ProfileLink { Id = 1 } } },
            },
            new UnionCity { Id = 1, Name = "Liberchies", Land = new UnionLand { Id = 1, Name = "Belgium", Joined = 1958 } },
            new Village { Id = 1, Region = new Region { Id = 1 } },
            new Stamp { Id = 1, Document = passport, Passport = passport });
        await context.SaveChangesAsync();
    }

    internal PersonContext Open(ConcurrentQueue<string>? sent = null)
    {
        var options = new DbContextOptionsBuilder<PersonContext>().UseNpgsql(_source!).UseTiebreak();
        if (sent is not null)
        {
            options.LogTo(sent.Enqueue, [RelationalEventId.CommandExecuting]);
        }

        return new PersonContext(options.Options);
    }

    /// <summary>A transaction that holds all people until it is disposed.</summary>
    internal async Task<NpgsqlConnection> HoldPeopleAsync()
    {
        var connection = await _source!.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("BEGIN; SELECT * FROM people FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>The tables with a row that somebody else holds a lock on.</summary>
    internal async Task<List<string>> LockedTablesAsync()
    {
        await using var connection = await _source!.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var locked = new List<string>();
        foreach (var table in new[] { "people", "cities", "countries", "profiles", "places", "lands", "union_lands", "union_cities", "documents", "stamps", "regions", "villages" })
        {
            await using var command = new NpgsqlCommand(
                $"WITH free AS (SELECT 1 FROM {table} FOR UPDATE SKIP LOCKED) SELECT (SELECT count(*) FROM {table}) - (SELECT count(*) FROM free)", connection, transaction);
            locked.AddRange(Enumerable.Repeat(table, (int)(long)(await command.ExecuteScalarAsync())!));
        }

        return locked;
    }

    internal async Task UntilSomebodyWaitsAsync()
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            await using var command = _source!.CreateCommand(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
            if ((long)(await command.ExecuteScalarAsync())! > 0)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        throw new TimeoutException("Nobody waited for a lock within ten seconds.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
    }
}
