using System.Globalization;
using System.Text.RegularExpressions;

namespace Tiebreak.Transactions;

/// <summary>
/// PostgreSQL ended the transaction to break a deadlock (SQLSTATE 40P01), in each of the allowed attempts.
/// Nothing was changed. Where it comes up at all, look for two changes that take the same rows in different orders.
/// </summary>
public sealed partial class DeadlockException : BusyException
{
    /// <summary>Creates the error.</summary>
    /// <param name="attempts">How many times the change was tried.</param>
    /// <param name="waited">How long the caller waited in all.</param>
    /// <param name="innerException">What PostgreSQL said last. <see cref="Blockers"/> is read from it.</param>
    public DeadlockException(int attempts, TimeSpan waited, Exception innerException)
        : base(Text(attempts), attempts, waited, innerException)
    {
        Blockers = BlockersIn(SqlStates.Find(innerException)?.Detail);
    }

    /// <summary>
    /// The process ids of the other backends in the circle, as <c>pg_stat_activity.pid</c> shows them. PostgreSQL tells
    /// them in the error's detail, in English only; Npgsql hides the detail unless the connection string says
    /// <c>Include Error Detail=true</c>. Empty where it is not known.
    /// </summary>
    public IReadOnlyList<int> Blockers { get; }

    private static string Text(int attempts) => attempts == 1
        ? "The transaction was a deadlock's victim. Nothing was changed; try again."
        : $"The transaction was a deadlock's victim in each of {attempts} attempts. Nothing was changed; try again.";

    /// <summary>One line a process; the first line's is the victim itself.</summary>
    private static IReadOnlyList<int> BlockersIn(string? detail)
    {
        var lines = Line().Matches(detail ?? "");
        if (lines.Count == 0)
        {
            return [];
        }

        var victim = Pid(lines[0].Groups["waits"]);
        return [.. lines.Select(line => Pid(line.Groups["blocks"])).Distinct().Where(pid => pid != victim)];
    }

    private static int Pid(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Process (?<waits>\d{1,9}) waits for .*; blocked by process (?<blocks>\d{1,9})\.", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();
}
