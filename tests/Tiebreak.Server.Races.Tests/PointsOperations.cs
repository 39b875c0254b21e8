using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Points;

namespace Tiebreak.Server.Races.Tests;

/// <summary>What can happen to accounts: one with 100 points and a program, one with 50, one that does not exist yet.</summary>
internal static class PointsOperations
{
    public static readonly string[] Given =
    [
        """INSERT INTO programs VALUES ('shop', '[{"type": "rate", "pointsPerUnit": 1}]', '2026-01-01Z', '2026-01-01Z')""",
        "INSERT INTO accounts VALUES ('ann', 'shop', 100, 100, 1, '2026-01-01Z'), ('ben', NULL, 50, 50, 1, '2026-01-01Z')",
        """
        INSERT INTO entries (account_id, sequence, id, kind, points, balance_after, created_at) VALUES
            ('ann', 1, '00000000-0000-7000-8000-000000000031', 0, 100, 100, '2026-01-01Z'),
            ('ben', 1, '00000000-0000-7000-8000-000000000032', 0, 50, 50, '2026-01-01Z')
        """,
    ];

    public static readonly ServerOperation[] All =
    [
        Earn("ann earns 7", "ann", 7, null, null),
        Earn("ann earns 7 with a key", "ann", 7, null, "key-1"),
        Earn("ann earns by the rules", "ann", 0, new EarnFacts(20), null),
        Earn("a new account earns 5", "new", 5, null, null),
        Spend("ann spends 80", "ann", 80),
        Spend("ann spends 30", "ann", 30),
        Transfer("ann gives ben 60", "ann", "ben", 60),
        Transfer("ben gives ann 40", "ben", "ann", 40),
        ServerOperation.Of<PutAccount, PutAccount.Request, PutAccount.State, Saved<AccountModel>>("ben joins the program", () => new PutAccount.Request("ben", "shop")),
        ServerOperation.Of<PutAccount, PutAccount.Request, PutAccount.State, Saved<AccountModel>>("a new account is opened", () => new PutAccount.Request("new", null)),
    ];

    private static ServerOperation Earn(string name, string account, long points, EarnFacts? facts, string? key) =>
        ServerOperation.Of<EarnPoints, EarnPoints.Request, EarnPoints.State, EntryModel>(
            name, () => new EarnPoints.Request(account, points, facts, null, key is null ? Identity.None : new Identity(key, new byte[32])));

    private static ServerOperation Spend(string name, string account, long points) =>
        ServerOperation.Of<SpendPoints, SpendPoints.Request, SpendPoints.State, EntryModel>(name, () => new SpendPoints.Request(account, points, null, Identity.None));

    private static ServerOperation Transfer(string name, string from, string to, long points) =>
        ServerOperation.Of<TransferPoints, TransferPoints.Request, TransferPoints.State, TransferModel>(
            name, () => new TransferPoints.Request(from, to, points, null, Identity.None));
}
