using Tiebreak.Races.Oracles;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Oracles;

/// <summary>Random outcomes from a seed, which a failure tells.</summary>
public sealed class CanonicalOutcomeProperties
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Order_of_rows_and_values_of_ids_do_not_matter(int seed)
    {
        var random = new Random(seed);
        var world = World.Random(random);
        var expected = world.Canonical();

        Assert.Equal(expected, world.Renamed(random).Shuffled(random).Canonical());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Another_value_in_any_cell_matters(int seed)
    {
        var random = new Random(seed);
        var world = World.Random(random);

        Assert.NotEqual(world.Canonical(), world.WithOneCellChanged(random).Canonical());
        Assert.NotEqual(world.Canonical(), world.WithOneRowMore().Canonical());
    }

    /// <summary>Orders (id, who) and their items (id, order, sku, next item), and an answer with an order in it.</summary>
    private sealed record World(string?[][] Orders, string?[][] Items, string Answer)
    {
        private static readonly Histories Histories = new Histories("orders(id!, who); item(id!, orders>orders.id, sku, next>item.id)", "")
            .Order("ab", "a=1 b=0 | orders: 1 x | item: 1 1 s ~", "a=101 b=0 | orders: 101 x | item: 201 101 s ~");

        public static World Random(Random random)
        {
            var orders = Enumerable.Range(0, random.Next(1, 5)).Select(i => new[] { $"{10 + i}", $"who{random.Next(2)}" }).ToArray();
            var count = random.Next(0, 6);
            var items = Enumerable.Range(0, count).Select(i => new[]
            {
                $"{50 + i}", orders[random.Next(orders.Length)][0], $"sku{random.Next(2)}", random.Next(2) == 0 ? null : $"{50 + random.Next(count)}",
            }).ToArray();
            return new World(orders, items, orders[random.Next(orders.Length)][0]!);
        }

        public CanonicalOutcome Canonical() => Histories.Serial.Canonical(
            new Outcome(
                [new ActorEnd(new ActorAnswer(Answer), true)],
                new Dictionary<string, TableRows>
                {
                    ["public.orders"] = new(["id", "who"], [.. Orders]),
                    ["public.item"] = new(["id", "orders", "sku", "next"], [.. Items]),
                },
                []),
            [0]);

        public World Shuffled(Random random)
        {
            var (orders, items) = ((string?[][])Orders.Clone(), (string?[][])Items.Clone());
            random.Shuffle(orders);
            random.Shuffle(items);
            return this with { Orders = orders, Items = items };
        }

        public World Renamed(Random random)
        {
            Dictionary<string, string> Names(string?[][] rows)
            {
                var ids = Enumerable.Range(1000, rows.Length * 3).Select(id => $"{id}").ToArray();
                random.Shuffle(ids);
                return rows.Zip(ids).ToDictionary(pair => pair.First[0]!, pair => pair.Second);
            }

            var (orders, items) = (Names(Orders), Names(Items));
            return new World(
                [.. Orders.Select(row => new[] { orders[row[0]!], row[1] })],
                [.. Items.Select(row => new[] { items[row[0]!], orders[row[1]!], row[2], row[3] is null ? null : items[row[3]!] })],
                orders[Answer]);
        }

        public World WithOneCellChanged(Random random)
        {
            if (Items.Length > 0 && random.Next(2) == 0)
            {
                var chosen = random.Next(Items.Length);
                return this with { Items = [.. Items.Select((row, i) => i == chosen ? new[] { row[0], row[1], "other", row[3] } : row)] };
            }

            var order = random.Next(Orders.Length);
            return this with { Orders = [.. Orders.Select((row, i) => i == order ? new[] { row[0], "other" } : row)] };
        }

        public World WithOneRowMore() => this with { Orders = [.. Orders, ["999", "who0"]] };
    }
}
