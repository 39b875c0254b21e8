using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Files;

/// <summary>What can be said of one file by its path and text alone.</summary>
internal static partial class FileRules
{
    public const int AskWhy = 250;
    public const int Split = 400;

    public static int Lines(SourceFile file) => file.Text.AsSpan().TrimEnd('\n').Count('\n') + 1;

    /// <summary>The namespaces that are not the file's folder: src/Tiebreak/RowLocks holds Tiebreak.RowLocks.</summary>
    public static IEnumerable<string> MisplacedNamespaces(SourceFile file)
    {
        var root = CSharpSyntaxTree.ParseText(file.Text).GetRoot();
        var expected = string.Join('.', file.Path.Split('/')[1..^1]);
        var declared = root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().Select(space => space.Name.ToString());
        var bare = root.ChildNodes().Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax).Select(_ => "(none)");
        return declared.Concat(bare).Where(name => name != expected).Select(name => $"{file.Path}: {name} is not {expected}");
    }

    /// <summary>Types whose name says that nobody knew what they are.</summary>
    public static IEnumerable<string> EmptyNames(SourceFile file) =>
        CSharpSyntaxTree.ParseText(file.Text).GetRoot().DescendantNodes()
            .Select(node => node is BaseTypeDeclarationSyntax type ? type.Identifier.ValueText : (node as DelegateDeclarationSyntax)?.Identifier.ValueText)
            .Where(name => name is not null && EmptyName().IsMatch(name)).Select(name => $"{file.Path}: {name}");

    /// <summary>What is true on one machine only: its folders, and the hosts that packages come from there.</summary>
    public static IEnumerable<string> Leaks(SourceFile file) =>
        MachinePath().Matches(file.Text).Concat(RegistryHost().Matches(file.Text)).Select(match => $"{file.Path}: {match.Value}");

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utility|Utilities)$", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex EmptyName();

    // Each is written so that it does not match itself.
    [GeneratedRegex(@"(?<![\w.~*-])/(?:work|root|home/\w+|Users/\w+|tmp/wt)/[\w.-]*|\b[A-Z]:[\\/]{1,2}(?:Users|home)[\\/]", RegexOptions.None, 10_000)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\b\w+://[^\s/""'<>)]*(?:nuget|npm|pypi|registry|artifactory|nexus|jfrog|mirror|proxy)[^\s/""'<>)]*|\b(?:api|www|registry)\.(?:nuget|npmjs)\.\w+", RegexOptions.IgnoreCase, 10_000)]
    private static partial Regex RegistryHost();
}
