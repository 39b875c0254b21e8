using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Points;

namespace Tiebreak.Server.Tests.Points;

public sealed class AccountRulesTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "insufficient-points")]
    public void All_points_can_be_spent_and_not_one_more(long more, string? code)
    {
        var refusal = AccountRules.RefusalToSpend("ada", Account(balance: 100), 100 + more);

        Assert.Equal(code, refusal?.Kind.Code);
        Assert.Equal(code is null ? [] : [("balance", (object?)100L)], refusal?.Facts ?? []);
    }

    [Theory]
    [InlineData(7, 7, 0, null)]
    [InlineData(7, 7, 1, "balance-limit")]
    [InlineData(7, 9, -2, null)]
    [InlineData(7, 9, -1, "balance-limit")]
    public void Points_are_earned_up_to_the_largest_number_that_balance_and_lifetime_may_be(long balance, long lifetime, long beyond, string? code) =>
        Assert.Equal(code, AccountRules.RefusalToEarn(Account(balance, lifetime), Limits.Points - balance + beyond)?.Kind.Code);

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "balance-limit")]
    public void Points_are_received_up_to_the_largest_balance_whatever_was_earned(long beyond, string? code) =>
        Assert.Equal(code, AccountRules.RefusalToReceive("ada", Account(balance: 7, lifetime: Limits.Points), Limits.Points - 7 + beyond)?.Kind.Code);

    [Fact]
    public void A_transfer_moves_the_balance_and_no_lifetime_and_numbers_both_sides()
    {
        var (from, to) = (Account(balance: 100, lifetime: 100), Account(balance: 5, lifetime: 5));

        var (taken, given) = AccountRules.Transfer(from, to, 30, "gift", Now);

        Assert.Equal((70, 100, 35, 5), (from.Balance, from.Lifetime, to.Balance, to.Lifetime));
        Assert.Equal((-30, 70, 1, 30, 35, 1), (taken.Points, taken.BalanceAfter, taken.Sequence, given.Points, given.BalanceAfter, given.Sequence));
        Assert.Equal(taken.TransferId, given.TransferId);
        AccountRules.Spend(from, 70, null, Identity.None, Now);
        Assert.Equal((0, 100, 2), (from.Balance, from.Lifetime, from.Entries));
    }

    private static Account Account(long balance, long lifetime = 0) => new() { Id = "ada", Balance = balance, Lifetime = lifetime, CreatedAt = Now };
}
