using Tiebreak.Races.Resetting;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Explaining;

/// <summary>Locks in the text of a statement: in its subqueries, weaker ones, and those that pass over what is locked.</summary>
internal static class LockRewriting
{
    /// <summary>Puts a locking clause behind the first subquery of a table that can take one; <see langword="null"/> where none can.</summary>
    public static string? LockSubquery(string sql, string clause, string table, Catalog catalog)
    {
        var tokens = SqlLexer.Read(sql);
        for (var open = 0; open + 1 < tokens.Count; open++)
        {
            if (!tokens[open].Is('(') || !tokens[open + 1].Is("select"))
            {
                continue;
            }

            var close = Enumerable.Range(open + 1, tokens.Count - open - 1).FirstOrDefault(at => tokens[at].Is(')') && tokens[at].Depth == tokens[open].Depth, -1);
            if (close > 0 && SqlRewriting.AppendLock(sql[tokens[open + 1].Start..tokens[close].Start], clause, table, catalog) is { } locked)
            {
                return sql[..tokens[open + 1].Start] + locked + sql[tokens[close].Start..];
            }
        }

        return null;
    }

    /// <summary>FOR NO KEY UPDATE in place of every FOR UPDATE; <see langword="null"/> when there is none.</summary>
    public static string? Weaken(string sql)
    {
        var tokens = SqlLexer.Read(sql);
        var clauses = LockingClause.FindAll(tokens).Where(clause => clause.Strength is LockStrength.Update).Reverse().ToList();
        return clauses.Count == 0 ? null : clauses.Aggregate(sql, (text, clause) => text[..tokens[clause.First].Start] + "FOR NO KEY UPDATE" + text[tokens[clause.First + 1].End..]);
    }

    /// <summary>A query for one of many, or a statement with such a subquery, that takes the first that nobody holds; <see langword="null"/> where it is none.</summary>
    public static string? Claim(string sql, string table, Catalog catalog)
    {
        if (!SqlLexer.Read(sql).Any(token => token.Is("limit") || token.Is("fetch")))
        {
            return null;
        }

        var locked = LockingClause.FindAll(SqlLexer.Read(sql)).Count > 0 ? sql : SqlRewriting.AppendLock(sql, "FOR UPDATE", table, catalog) ?? LockSubquery(sql, "FOR UPDATE", table, catalog);
        if (locked is null)
        {
            return null;
        }

        var tokens = SqlLexer.Read(locked);
        var clause = LockingClause.FindAll(tokens)[^1];
        return tokens[clause.Last].Is("locked") || tokens[clause.Last].Is("nowait") ? null : $"{locked[..tokens[clause.Last].End]} SKIP LOCKED{locked[tokens[clause.Last].End..]}";
    }
}
