using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.References;

/// <summary>The library references neither ASP.NET Core nor the server; the private PostgreSQL and the explorer neither EF Core nor the library.</summary>
public sealed class ReferenceTests
{
    private const string PlainProject = """<Project Sdk="Microsoft.NET.Sdk"><ItemGroup><PackageReference Include="Npgsql" /></ItemGroup></Project>""";
    private const string PlainLock = """{"version": 2, "dependencies": {"net10.0": {"Npgsql": {"type": "Direct"}}}}""";

    private static readonly ProjectReferences Plain = new(PlainProject, PlainLock, ["Npgsql"]);

    [Fact]
    public void The_library_references_neither_ASP_NET_Core_nor_what_is_built_on_it() =>
        Assert.Empty(ProjectReferences.Of(Built.Library).Find(IsForbiddenToTheLibrary));

    [Fact]
    public void The_private_PostgreSQL_references_neither_EF_Core_nor_the_library() =>
        Assert.Empty(ProjectReferences.Of(Built.LocalPostgres).Find(IsForbiddenToLocalPostgres));

    [Fact]
    public void The_explorer_references_neither_EF_Core_nor_the_library_nor_the_server() =>
        Assert.Empty(ProjectReferences.Of(Built.Races).Find(IsForbiddenToTheExplorer));

    [Fact]
    public void The_files_looked_at_are_the_ones_with_references()
    {
        Assert.Equal(3, ProjectReferences.Of(Built.Library).Find(name => name == "Npgsql.EntityFrameworkCore.PostgreSQL").Count());
        Assert.Equal(3, ProjectReferences.Of(Built.LocalPostgres).Find(name => name == "Npgsql").Count());
        Assert.Equal(3, ProjectReferences.Of(Built.Races).Find(name => name == "Npgsql").Count());
    }

    [Fact]
    public void Violations_in_each_of_the_three_places_are_found()
    {
        Assert.Empty(Plain.Find(IsForbiddenToTheLibrary));
        var violations = new[]
        {
            Plain with { Project = PlainProject.Replace("Sdk\"", "Sdk.Web\"", StringComparison.Ordinal) },
            Plain with { Project = PlainProject.Replace("PackageReference Include=\"Npgsql\"", "FrameworkReference Include=\"Microsoft.AspNetCore.App\"", StringComparison.Ordinal) },
            Plain with { Project = PlainProject.Replace("PackageReference Include=\"Npgsql\"", @"ProjectReference Include=""..\Tiebreak.Server\Tiebreak.Server.csproj""", StringComparison.Ordinal) },
            Plain with { LockFile = PlainLock.Replace("Npgsql", "Microsoft.AspNetCore.Http.Abstractions", StringComparison.Ordinal) },
            Plain with { OfAssembly = ["Tiebreak.LocalPostgres"] },
        };

        Assert.All(violations, violation => Assert.Single(violation.Find(IsForbiddenToTheLibrary)));
        Assert.Single((Plain with { OfAssembly = ["Tiebreak"] }).Find(IsForbiddenToLocalPostgres));
        Assert.Single((Plain with { OfAssembly = ["Tiebreak.Server"] }).Find(IsForbiddenToTheExplorer));
        Assert.Single((Plain with { LockFile = PlainLock.Replace("Npgsql", "Npgsql.EntityFrameworkCore.PostgreSQL", StringComparison.Ordinal) }).Find(IsForbiddenToTheExplorer));
        Assert.Empty((Plain with { OfAssembly = ["Tiebreak.LocalPostgres"] }).Find(IsForbiddenToTheExplorer));
        Assert.Single((Plain with { LockFile = PlainLock.Replace("Npgsql", "Microsoft.EntityFrameworkCore.Relational", StringComparison.Ordinal) }).Find(IsForbiddenToLocalPostgres));
    }

    private static bool IsForbiddenToTheLibrary(string name) =>
        name.StartsWith("Microsoft.AspNetCore", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Tiebreak.", StringComparison.OrdinalIgnoreCase);

    private static bool IsForbiddenToLocalPostgres(string name) =>
        name.Contains("EntityFrameworkCore", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Microsoft.AspNetCore", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Tiebreak", StringComparison.OrdinalIgnoreCase);

    private static bool IsForbiddenToTheExplorer(string name) =>
        !name.Equals("Tiebreak.LocalPostgres", StringComparison.OrdinalIgnoreCase) && IsForbiddenToLocalPostgres(name);
}
