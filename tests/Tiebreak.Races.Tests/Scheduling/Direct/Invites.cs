using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Tests.Scheduling.Direct;

/// <summary>What actors of the runner's tests do with invites.</summary>
internal static class Invites
{
    public const string Schema = "CREATE TABLE invite (id int PRIMARY KEY, used int); CREATE TABLE member (invite_id int REFERENCES invite, name text)";
    public const string Given = "INSERT INTO invite VALUES (1, 0), (2, 0), (3, 0)";

    public static string? Used(Run run) => run.Outcome!.Tables.TryGetValue("public.invite", out var invites)
        ? invites.Rows.Single(row => row[0] == "1")[1] : "0";

    public static async Task<object?> Increment(Execute db, CancellationToken cancellationToken)
    {
        await db("BEGIN");
        var used = (int)(await db("SELECT used FROM invite WHERE id = 1"))!;
        await db($"UPDATE invite SET used = {used + 1} WHERE id = 1");
        return await db("COMMIT");
    }

    public static async Task<object?> Accept(Execute db, CancellationToken cancellationToken)
    {
        await db("BEGIN");
        if ((int)(await db("SELECT used FROM invite WHERE id = 1"))! >= 1)
        {
            await db("ROLLBACK");
            return "used up";
        }

        await db("INSERT INTO member VALUES (1, 'someone')");
        await db("UPDATE invite SET used = used + 1 WHERE id = 1");
        await db("COMMIT");
        return "accepted";
    }

    public static Func<Execute, CancellationToken, Task<object?>> Locking(int id) => async (db, _) =>
    {
        await db("BEGIN");
        var used = (int)(await db($"SELECT used FROM invite WHERE id = {id} FOR UPDATE"))!;
        await db($"UPDATE invite SET used = {used + 1} WHERE id = {id}");
        return await db("COMMIT");
    };

    public static Func<Execute, CancellationToken, Task<object?>> Both(int first, int second) => async (db, _) =>
    {
        await db("BEGIN");
        await db($"UPDATE invite SET used = used + 1 WHERE id = {first}");
        await db($"UPDATE invite SET used = used + 1 WHERE id = {second}");
        return await db("COMMIT");
    };
}
