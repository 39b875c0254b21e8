using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Sql;

/// <summary>
/// Finds SQL in a source file: texts that are statements, and the names by which text is handed to a database, whatever
/// object they are called on. Too much rather than too little: a file that is found wrongly can be named in the list.
/// </summary>
internal static partial class SqlText
{
    private static readonly HashSet<string> Doors = new(StringComparer.Ordinal)
    {
        "FromSql", "FromSqlRaw", "FromSqlInterpolated", "SqlQuery", "SqlQueryRaw",
        "ExecuteSql", "ExecuteSqlRaw", "ExecuteSqlInterpolated", "ExecuteSqlAsync", "ExecuteSqlRawAsync", "ExecuteSqlInterpolatedAsync",
        "CommandText", "CreateCommand", "CreateBatch", "CreateDbCommand", "NpgsqlCommand", "NpgsqlBatchCommand", "NpgsqlBatch",
        "BeginBinaryImport", "BeginBinaryImportAsync", "BeginTextImport", "BeginTextImportAsync", "Sql",
        "HasDefaultValueSql", "HasComputedColumnSql", "ToSqlQuery",
    };

    public static IEnumerable<string> Find(SourceFile file)
    {
        if (!file.Path.EndsWith(".cs", StringComparison.Ordinal))
        {
            return Statement().Matches(file.Text).Select(match => match.Value);
        }

        var root = CSharpSyntaxTree.ParseText(file.Text).GetRoot();
        var texts = root.DescendantNodes().Select(TextOf).OfType<string>().Where(text => Statement().IsMatch(text)).Select(text => text.Trim());
        var doors = root.DescendantTokens().Where(token => token.IsKind(SyntaxKind.IdentifierToken) && Doors.Contains(token.ValueText) && IsUse(token)).Select(token => token.ValueText);
        return texts.Concat(doors);
    }

    /// <summary>The text of a literal; of an interpolated one with a name in place of each hole.</summary>
    private static string? TextOf(SyntaxNode node) => node switch
    {
        LiteralExpressionSyntax literal when literal.Token.Value is string text => text,
        InterpolatedStringExpressionSyntax interpolated =>
            string.Concat(interpolated.Contents.Select(part => part is InterpolatedStringTextSyntax text ? text.TextToken.ValueText : "x")),
        _ => null,
    };

    /// <summary>A member that is called or set, or a type that is named; <c>Sql</c> alone may also name a namespace.</summary>
    private static bool IsUse(SyntaxToken token) =>
        token.ValueText != "Sql" || token.Parent?.Parent is MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax };

    [GeneratedRegex("""
        ^\s*(
          select\s+([\d*(']|.+\sfrom\s|\w+\s*\() | with\s+(recursive\s+)?\w+\s+as\s*\( | insert\s+into\s | update\s+(only\s+)?["\w.]+\s+(as\s+\w+\s+)?set\s | delete\s+from\s | merge\s+into\s
          | (create|alter|drop)\s+(or\s+replace\s+|unique\s+|temp\s+|temporary\s+)*(table|index|view|sequence|trigger|function|database|role|user|schema|extension|type)\s
          | truncate\s+(table\s+)?["\w.]+\s*;?\s*$ | lock\s+table\s | copy\s+["\w.]+.*\s(from|to)\s | set\s+(local\s+)?\w+\s*(=|to)\s | do\s+[$']
          | (begin|commit|rollback|savepoint\s+\w+|listen\s+\w+|notify\s+\w+)\s*;?\s*$
        )
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Statement();
}
