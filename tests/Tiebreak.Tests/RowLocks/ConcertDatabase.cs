using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using Tiebreak.Testing;

namespace Tiebreak.Tests.RowLocks;

/// <summary>A database for one test class, filled once; each test works in a transaction that it rolls back.</summary>
public sealed class ConcertDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private NpgsqlDataSource? _source;

    internal NpgsqlDataSource Source => _source!;

    internal string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await cluster.CreateDatabaseAsync("rowlocks");
        _source = NpgsqlDataSource.Create(ConnectionString);
        await using var context = Open();
        await context.Database.EnsureCreatedAsync();
        await ExecuteAsync("CREATE VIEW open_concerts AS SELECT \"Id\", \"Name\" FROM concerts; CREATE VIEW concert_lines AS SELECT \"Name\" FROM concerts");
        var promoter = new Promoter { Id = 1, Name = "Ada" };
        for (var id = 1; id <= 3; id++)
        {
            promoter.Concerts.Add(new Concert
            {
                Id = id,
                Name = $"Concert {id}",
                Places = 10 * id,
                Hall = new Address { City = "Bern" },
                Terms = new Terms { Price = 20 },
                Bookings = { new Booking { Id = 10 * id, Guest = "Grace" }, new Booking { Id = (10 * id) + 1, Guest = "Alan" } },
            });
        }

        context.Add(promoter);
        context.AddRange(
            new Contract { Id = 1, Amount = 5, PromoterId = 1 },
            new Folder { Id = 1, Size = 1 }, new Folder { Id = 2, Size = 2, ParentId = 1 },
            new SeatTicket { Id = 1, Price = 1, Seat = "A1" }, new DayTicket { Id = 2, Price = 2, Day = 1 },
            new Account { Id = 1, Balance = 1 }, new SavingsAccount { Id = 2, Balance = 2, Rate = 3 },
            new GiftVoucher { Id = 1, Amount = 10 }, new RebateVoucher { Id = 2, Percent = 10 },
            new Tour { Id = 1, Name = "North", Stops = { new Stop { City = "Kiel" }, new Stop { City = "Bergen" } }, Fee = new Fee { Amount = 1 } },
            new Venue { Id = 1, Name = "Old town", Detail = new VenueDetail { Text = "Below" } },
            new Poster { Id = 1, Prints = { new Fee { Amount = 1 } } },
            new Album { Id = 1, Title = "One", Cover = new Cover { Colour = "red" } });
        await context.SaveChangesAsync();
    }

    /// <summary>A context with Tiebreak, which writes what it sends into <paramref name="sent"/>.</summary>
    internal ConcertContext Open(ConcurrentQueue<string>? sent = null, Action<DbContextOptionsBuilder<ConcertContext>>? configure = null)
    {
        var options = new DbContextOptionsBuilder<ConcertContext>().UseNpgsql(_source!).UseTiebreak();
        if (sent is not null)
        {
            options.LogTo(sent.Enqueue, [RelationalEventId.CommandExecuting]);
        }

        configure?.Invoke(options);
        return new ConcertContext(options.Options);
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The keys of a table's rows that somebody else holds a lock on, seen from a second connection.</summary>
    internal async Task<List<int>> LockedAsync(string table, string probe = "FOR UPDATE")
    {
        await using var connection = await Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(
            $"WITH free AS (SELECT \"Id\" FROM {table} {probe} SKIP LOCKED) SELECT \"Id\" FROM {table} EXCEPT SELECT \"Id\" FROM free ORDER BY 1",
            connection, transaction);
        var locked = new List<int>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            locked.Add(reader.GetInt32(0));
        }

        return locked;
    }

    /// <summary>Waits until a backend of this database waits for a lock; fails after ten seconds.</summary>
    internal async Task UntilSomebodyWaitsAsync()
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            await using var command = Source.CreateCommand(
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
