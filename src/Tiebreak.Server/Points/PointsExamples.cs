namespace Tiebreak.Server.Points;

/// <summary>Answers for the OpenAPI document: one account that earns, spends, and gives to another.</summary>
internal static class PointsExamples
{
    private const string AccountId = "ada";
    private const string ProgramId = "shop";
    private static readonly DateTimeOffset CreatedAt = new(2030, 1, 6, 9, 30, 0, TimeSpan.Zero);

    public static readonly ProgramModel Program = new(ProgramId, [new RateRule(1.5m), new CategoryMultiplierRule("books", 2), new DailyCapRule(500)], CreatedAt, CreatedAt);
    public static readonly AccountModel Account = new(AccountId, ProgramId, Balance: 238, Lifetime: 388, CreatedAt);

    public static readonly EntryModel Earned = new(
        new Guid("01943c7e-6a10-7b2c-8d3e-5f60718293a4"), AccountId, Points: 388, BalanceAfter: 388, "order 1001",
        [new RuleShare(RateRule.Type, 194), new RuleShare(CategoryMultiplierRule.Type, 194), new RuleShare(DailyCapRule.Type, 0)], CreatedAt);

    public static readonly EntryModel Spent = new(new Guid("01943c7e-7b21-7c3d-9e4f-60718293a4b5"), AccountId, Points: -100, BalanceAfter: 288, "voucher", Breakdown: null, CreatedAt.AddHours(1));

    public static readonly TransferModel Transfer = new(
        new Guid("01943c7e-8c32-7d4e-af50-718293a4b5c6"),
        new EntryModel(new Guid("01943c7e-8c32-7d4e-b061-8293a4b5c6d7"), AccountId, Points: -50, BalanceAfter: 238, "a gift", Breakdown: null, CreatedAt.AddHours(2)),
        new EntryModel(new Guid("01943c7e-8c32-7d4e-8172-93a4b5c6d7e8"), "grace", Points: 50, BalanceAfter: 50, "a gift", Breakdown: null, CreatedAt.AddHours(2)));
}
