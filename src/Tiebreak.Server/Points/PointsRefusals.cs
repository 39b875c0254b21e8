using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Points;

/// <summary>What the points answer with when the answer is no.</summary>
internal static class PointsRefusals
{
    public static readonly ProblemKind ProgramNotFound = new("program-not-found", 404, "There is no such program.",
        "No program has this id. `PUT /v1/programs/{programId}` makes one.");

    public static readonly ProblemKind AccountNotFound = new("account-not-found", 404, "There is no such account.",
        "No account has this id. An account is opened by its first earn, or by `PUT /v1/accounts/{accountId}`.")
    {
        Members = [new ProblemMember("accountId", "The id that no account has.", "ada")],
    };

    public static readonly ProblemKind NoProgram = new("no-program", 409, "The account has no program.",
        "Facts are turned into points by the rules of the account's program, and this account has none. Give it one with `PUT /v1/accounts/{accountId}`, or give `points` directly.");

    public static readonly ProblemKind InsufficientPoints = new("insufficient-points", 409, "The account has not enough points.",
        "The balance is smaller than what was asked for when the request got its turn. Nothing was taken.")
    {
        Members = [new ProblemMember("balance", "What the account has.", 70)],
    };

    public static readonly ProblemKind BalanceLimit = new("balance-limit", 409, "The account would hold too many points.",
        "Points are whole numbers up to 2^53 - 1 (9007199254740991), the largest that every JSON reader agrees on. The balance, the lifetime points or what a rule gives would pass that. Nothing was changed.");

    public static IReadOnlyList<ProblemKind> All { get; } = [ProgramNotFound, AccountNotFound, NoProgram, InsufficientPoints, BalanceLimit];

    /// <summary>Says which of the accounts it is.</summary>
    public static Refusal NoAccount(string accountId) => new(AccountNotFound, ("accountId", accountId));
}
