using System.Linq.Expressions;

namespace Tiebreak.RowLocks;

/// <summary>Which operators may stand beside a lock, and what to write instead of the others.</summary>
internal static class SpineOperators
{
    /// <summary>They filter, order or annotate; each row of the result is still one row of the table.</summary>
    private static readonly HashSet<string> BeforeSelect = new(StringComparer.Ordinal)
    {
        "Where", "OrderBy", "OrderByDescending", "ThenBy", "ThenByDescending", "Reverse", "OfType", "Include", "ThenInclude",
        "AsQueryable",
    };

    private static readonly HashSet<string> Anywhere = new(StringComparer.Ordinal)
    {
        "Take", "Skip", "First", "FirstOrDefault", "Single", "SingleOrDefault", "Last", "LastOrDefault", "ElementAt",
        "ElementAtOrDefault", "AsTracking", "AsNoTracking", "AsNoTrackingWithIdentityResolution", "AsSplitQuery", "AsSingleQuery",
        "IgnoreQueryFilters", "IgnoreAutoIncludes", "TagWith", "TagWithCallSite",
    };

    private const string LockThenAsk = "Lock the rows with a query of their own (ToListAsync), then ask in a second statement or in memory.";

    /// <param name="operators">From the outside in, without the lock.</param>
    /// <param name="position">How many of them stand outside the lock.</param>
    /// <param name="found">The lock.</param>
    public static void Check(IReadOnlyList<MethodCallExpression> operators, int position, RowLock found)
    {
        var selected = false;
        for (var i = operators.Count - 1; i >= 0; i--)
        {
            var name = operators[i].Method.Name;
            if (name == "Select")
            {
                selected = i < position ? true : throw Refusals.Operator(
                    found, "an earlier Select", "Put the lock before Select: it locks rows of the set that the query starts from.");
            }
            else if (BeforeSelect.Contains(name) && selected)
            {
                throw Refusals.Operator(found, $"{name} after Select", $"Put {name} before Select.");
            }
            else if (!BeforeSelect.Contains(name) && !Anywhere.Contains(name))
            {
                throw Refusals.Operator(found, name, InsteadOf(name));
            }
        }
    }

    private static string InsteadOf(string name) => name switch
    {
        "Any" or "All" or "Contains" => $"It becomes SELECT EXISTS(...), which locks nothing. {LockThenAsk}",
        "Count" or "LongCount" or "Sum" or "Min" or "Max" or "Average" or "MinBy" or "MaxBy" =>
            $"An aggregate returns no row that could be locked. {LockThenAsk}",
        "Distinct" or "DistinctBy" or "GroupBy" => $"PostgreSQL does not lock through DISTINCT or GROUP BY. {LockThenAsk}",
        "Union" or "Concat" or "Except" or "Intersect" => "PostgreSQL does not lock through a set operation. Lock each part with a query of its own.",
        "Join" or "LeftJoin" or "RightJoin" or "GroupJoin" or "SelectMany" or "DefaultIfEmpty" =>
            "The joined rows would have their values from before the wait for the lock. Filter with a navigation in Where, and read the other rows in a second statement.",
        "ExecuteUpdate" or "ExecuteDelete" => $"It takes its own lock on the rows that it changes. Leave the lock out, or lock first and change in a second statement.",
        _ => LockThenAsk,
    };
}
