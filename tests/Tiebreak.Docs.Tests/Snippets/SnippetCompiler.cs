using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Tiebreak.Docs.Tests.Snippets;

/// <summary>
/// Compiles a snippet as a reader would use it: its statements in an asynchronous method with the names of
/// <c>Shop.cs</c> in reach, its types and members beside it.
/// </summary>
internal static class SnippetCompiler
{
    private static readonly string[] Frameworks =
    [
        "System", "System.Collections.Generic", "System.Linq", "System.Threading", "System.Threading.Tasks", "System.Data",
        "Microsoft.EntityFrameworkCore", "Microsoft.EntityFrameworkCore.Metadata.Builders", "Microsoft.Extensions.DependencyInjection", "Npgsql", "Xunit",
    ];

    private static readonly Lazy<IReadOnlyList<MetadataReference>> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path))]);

    private static readonly Lazy<SyntaxTree> Shop = new(() => Parse(
        Usings() + File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Snippets", "Shop.cs"))));

    /// <summary>The errors, with the line of the page; none when it compiles.</summary>
    public static IReadOnlyList<string> Errors(Snippet snippet)
    {
        var unit = (CompilationUnitSyntax)Parse(snippet.Code).GetRoot();
        var compilation = CSharpCompilation.Create("Snippet", [Shop.Value, Parse(Source(unit, snippet.Line))], References.Value,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return [.. compilation.GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .Select(diagnostic => $"{snippet.Page}:{diagnostic.Location.GetMappedLineSpan().StartLinePosition.Line + 1}: {diagnostic.GetMessage(null)}")];
    }

    private static string Source(CompilationUnitSyntax unit, int firstLine)
    {
        var statements = unit.Members.OfType<GlobalStatementSyntax>().ToList();
        var types = unit.Members.Except(statements).ToList();
        var answers = unit.DescendantNodes(node => node is not AnonymousFunctionExpressionSyntax and not LocalFunctionStatementSyntax and not BaseTypeDeclarationSyntax)
            .OfType<ReturnStatementSyntax>().Any(statement => statement.Expression is not null);
        var method = $$"""
            internal sealed class Code : ShopNames
            {
            #pragma warning disable
                public async Task{{(answers ? "<object?>" : "")}} RunAsync()
                {
                    await Task.Yield();
            {{string.Concat(statements.Select(statement => AtItsLine(statement, firstLine)))}}
            {{(answers ? "#line hidden\nreturn null;" : "")}}
                }
            }
            """;
        return $"{Usings()}{unit.Usings.ToFullString()}\n{method}\n{string.Concat(types.Select(type => AtItsLine(type, firstLine)))}";
    }

    private static string AtItsLine(SyntaxNode node, int firstLine) =>
        FormattableString.Invariant($"#line {firstLine + node.GetLocation().GetLineSpan().StartLinePosition.Line}\n{node}\n");

    private static string Usings() => string.Concat(Frameworks.Concat(TiebreakNamespaces()).Append(typeof(Snippet).Namespace).Select(name => $"using {name};\n"));

    private static IEnumerable<string> TiebreakNamespaces() => new[] { typeof(TiebreakException), typeof(LocalPostgres.LocalPostgresServer), typeof(Races.Race) }
        .SelectMany(type => type.Assembly.GetExportedTypes()).Select(type => type.Namespace!).Distinct(StringComparer.Ordinal);

    private static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(SourceText.From(code), new CSharpParseOptions(LanguageVersion.Latest));
}
