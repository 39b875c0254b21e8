using Npgsql;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Tests.Transactions;

namespace Tiebreak.Tests.AdvisoryLocks;

public sealed class AdvisoryKeyTests(StockDatabase database) : IClassFixture<StockDatabase>
{
    private const string InSql = "SELECT ('x' || encode(substring(sha256(convert_to($1, 'UTF8')) from 1 for 8), 'hex'))::bit(64)::bigint";

    /// <summary>Worked out by sha256sum; a change here locks old and new versions of an application apart.</summary>
    [Theory]
    [InlineData("a", unchecked((long)0xca978112ca1bbdca))]
    [InlineData("invite/7KQ2", 0x54f1cddf0ef73692)]
    [InlineData("Zürich", 0x4251685e06cab635)]
    [InlineData("🎟", 0x093e4efa4d614a69)]
    public void A_name_has_the_same_key_for_ever(string name, long value) => Assert.Equal(value, AdvisoryKey.From(name).Value);

    [Theory]
    [InlineData("a")]
    [InlineData(" a")]
    [InlineData("A")]
    [InlineData("invite/7KQ2")]
    [InlineData("Zürich")]
    [InlineData("Zu\u0308rich")]
    [InlineData("🎟")]
    [InlineData("\uFFFF\uFEFF")]
    public async Task SQL_computes_the_same_key(string name)
    {
        await using var command = database.Source.CreateCommand(InSql);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        Assert.Equal(AdvisoryKey.From(name).Value, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task SQL_computes_the_same_key_of_a_long_name()
    {
        var name = string.Concat(Enumerable.Repeat("seat/", 20_000));
        await using var command = database.Source.CreateCommand(InSql);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        Assert.Equal(AdvisoryKey.From(name).Value, await command.ExecuteScalarAsync());
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a\0b", "NUL")]
    public void A_name_that_SQL_could_not_hash_is_refused(string name, string says) =>
        Assert.Contains(says, Assert.Throws<ArgumentException>(() => AdvisoryKey.From(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_of_a_surrogate_pair_is_refused()
    {
        // Two such names would else both become U+FFFD and share a key.
        var error = Assert.Throws<ArgumentException>(() => AdvisoryKey.From("seat" + '\ud83c'));
        Assert.Contains("surrogate", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AdvisoryKey.From('\udf9f' + "seat"));
    }

    [Fact]
    public void Null_is_refused() => Assert.Throws<ArgumentNullException>(() => (AdvisoryKey)(string)null!);

    [Fact]
    public void A_number_is_taken_as_it_is()
    {
        AdvisoryKey key = -7;
        Assert.Equal(-7, key.Value);
        Assert.Equal("-7", key.ToString());
        Assert.Equal(default, AdvisoryKey.From(0));
    }

    [Fact]
    public void A_name_and_the_number_of_its_hash_are_the_same_key()
    {
        var byName = AdvisoryKey.From("invite/7KQ2");
        Assert.Equal(byName, AdvisoryKey.From(byName.Value));
        Assert.Equal(byName.GetHashCode(), AdvisoryKey.From(byName.Value).GetHashCode());
        Assert.Equal("invite/7KQ2", byName.ToString());
        Assert.True(byName == byName.Value && byName != "invite/7KQ3");
    }

    [Fact]
    public void Keys_are_taken_once_each_in_the_order_of_their_bits()
    {
        var keys = AdvisoryKeys.InOrder([5, -3, "a", 5, unchecked((long)0xca978112ca1bbdca), 2]);
        Assert.Equal([unchecked((long)0xca978112ca1bbdca), -3, 2, 5], keys.Select(key => key.Value));
        Assert.Equal("a", keys[0].ToString());
    }
}
