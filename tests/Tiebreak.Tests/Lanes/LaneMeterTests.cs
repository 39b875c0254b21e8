using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Tiebreak.Lanes;
using Tiebreak.Tests.Operations;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.Lanes;

/// <summary>What can be watched, and that watching cannot do harm.</summary>
public sealed class LaneMeterTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    [Fact]
    public async Task Batches_decisions_and_halvings_are_counted_and_nobody_is_left_waiting()
    {
        var id = await database.NewStockAsync(100);
        var counted = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        var operation = new TakeOne { Name = string.Create(CultureInfo.InvariantCulture, $"meters-{id}") };
        using var listener = Listen(operation.Name, (name, value) => counted.AddOrUpdate(name, value, (_, sum) => sum + value));
        await using var guard = new LaneGuard<StockContext>(database.Contexts, new LaneGuardOptions { Lanes = 1 });
        await Task.WhenAny(Task.WhenAll(Enumerable.Range(0, 8).Select(i => guard.RunAsync(operation, new TakeOne.Request(id, i == 3 ? "\0" : $"meters-{id}-{i}")))));
        await guard.DisposeAsync();

        Assert.Equal(7, counted["tiebreak.lanes.decisions"]);
        Assert.Equal(7, counted["tiebreak.lanes.batch.size"]);
        Assert.Equal(1, counted["tiebreak.lanes.failures"]);
        Assert.Equal(0, counted["tiebreak.lanes.waiting"]);
    }

    [Fact]
    public async Task Listener_that_throws_leaves_nobody_without_an_answer()
    {
        var id = await database.NewStockAsync(100);
        var operation = new TakeOne { Name = string.Create(CultureInfo.InvariantCulture, $"throws-{id}") };
        await using var guard = new LaneGuard<StockContext>(database.Contexts, new LaneGuardOptions { Lanes = 1 });
        using (Listen(operation.Name, (name, _) => { if (name == "tiebreak.lanes.batch.size") { throw new InvalidOperationException("listener"); } }))
        {
            Assert.Equal(Taken.Yes, await guard.RunAsync(operation, new TakeOne.Request(id, $"throws-{id}-1")).WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Equal(Taken.Yes, await guard.RunAsync(operation, new TakeOne.Request(id, $"throws-{id}-2")).WaitAsync(TimeSpan.FromSeconds(30)));
        }

        Assert.Equal(98, await database.QuantityAsync(id));
    }

    [Fact]
    public async Task Scope_that_a_lane_cannot_join_is_refused()
    {
        var id = await database.NewStockAsync(1);
        await using var guard = new LaneGuard<StockContext>(database.Contexts);
        using var scope = new System.Transactions.TransactionScope(System.Transactions.TransactionScopeAsyncFlowOption.Enabled);
        await Assert.ThrowsAsync<InvalidOperationException>(() => guard.RunAsync(new TakeOne(), new TakeOne.Request(id, $"scope-{id}")));
    }

    [Fact]
    public async Task Drain_that_is_stopped_after_the_guards_end_does_no_harm()
    {
        var guard = new LaneGuard<StockContext>(database.Contexts);
        using var stop = new CancellationTokenSource();
        await guard.DisposeAsync();
        await stop.CancelAsync();
        await guard.DrainAsync(stop.Token);
    }

    private static MeterListener Listen(string operation, Action<string, double> note)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == LaneMeters.Name)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length == 1 && (string?)tags[0].Value == operation)
            {
                note(instrument.Name, value);
            }
        }

        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        return listener;
    }
}
