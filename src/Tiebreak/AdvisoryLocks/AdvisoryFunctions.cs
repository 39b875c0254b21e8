namespace Tiebreak.AdvisoryLocks;

/// <summary>
/// PostgreSQL's functions: https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS. The
/// schema is named, so that no function of the same name on the search path stands in for them.
/// </summary>
internal static class AdvisoryFunctions
{
    public static string Transaction(AdvisoryLockMode mode, bool isTry) => Statement("xact_", mode, isTry);

    public static string Session(AdvisoryLockMode mode, bool isTry) => Statement("", mode, isTry);

    private static string Statement(string scope, AdvisoryLockMode mode, bool isTry) =>
        $"SELECT pg_catalog.pg_{(isTry ? "try_" : "")}advisory_{scope}lock{(mode == AdvisoryLockMode.Shared ? "_shared" : "")}($1)";
}
