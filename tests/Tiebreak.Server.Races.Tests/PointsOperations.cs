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
        Earn("ann earns 7", "ann", 7),
        Earn("ann earns 7 with a key", "ann", 7, key: "key-1"),
        Earn("ann earns by the rules", "ann", 0, new EarnFacts(20)),
        Earn("a new account earns 5", "new", 5),
        Spend("ann spends 80", "ann", 80),
        Spend("ann spends 30", "ann", 30),
        Transfer("ann gives ben 60", "ann", "ben", 60),
        Transfer("ben gives ann 40", "ben", "ann", 40),
        Put("ben joins the program", "ben", "shop"),
        Put("a new account is opened", "new", null),
        Rule("the program pays double", "shop", 2),
        Rule("the program pays three times", "shop", 3),
        Rule("a new program is made", "new shop", 1),
    ];

    private static ServerOperation Earn(string name, string account, long points, EarnFacts? facts = null, string? key = null) =>
        ServerOperation.Of<EarnPoints, EarnPoints.Request, EarnPoints.State, EntryModel>(
            name, facts is null ? [account] : [account, "shop"], () => new EarnPoints.Request(account, points, facts, null, ServerOperation.By(key)));

    private static ServerOperation Spend(string name, string account, long points) =>
        ServerOperation.Of<SpendPoints, SpendPoints.Request, SpendPoints.State, EntryModel>(
            name, [account], () => new SpendPoints.Request(account, points, null, Identity.None));

    private static ServerOperation Transfer(string name, string from, string to, long points) =>
        ServerOperation.Of<TransferPoints, TransferPoints.Request, TransferPoints.State, TransferModel>(
            name, [from, to], () => new TransferPoints.Request(from, to, points, null, Identity.None));

    private static ServerOperation Put(string name, string account, string? program) =>
        ServerOperation.Of<PutAccount, PutAccount.Request, PutAccount.State, Saved<AccountModel>>(
            name, program is null ? [account] : [account, program], () => new PutAccount.Request(account, program));

    private static ServerOperation Rule(string name, string program, int pointsPerUnit) =>
        ServerOperation.Of<PutProgram, PutProgram.Request, PutProgram.State, Saved<ProgramModel>>(
            name, [program], () => new PutProgram.Request(program, [new RateRule(pointsPerUnit)]));
}
