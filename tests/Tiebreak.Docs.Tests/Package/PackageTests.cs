using System.IO.Compression;
using System.Reflection.Metadata;
using System.Xml.Linq;
using Tiebreak.Testing;

namespace Tiebreak.Docs.Tests.Package;

/// <summary>What a user gets who adds the package.</summary>
public sealed class PackageTests(PackedPackage package, PostgresCluster cluster) : IClassFixture<PackedPackage>
{
    /// <summary>How the compiler marks the text of a source file in the symbols (Portable PDB specification).</summary>
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    [Fact]
    public async Task Package_carries_readme_licence_and_the_docs_of_its_members()
    {
        await using var zip = await ZipFile.OpenReadAsync(package.PathOf(".nupkg"), TestContext.Current.CancellationToken);
        var names = zip.Entries.Select(entry => entry.FullName).ToList();
        Assert.Contains("README.md", names);
        Assert.Contains("LICENSE", names);
        Assert.Contains("lib/net10.0/Tiebreak.dll", names);
        Assert.Contains("lib/net10.0/Tiebreak.xml", names);

        await using var stream = await zip.GetEntry("Tiebreak.nuspec")!.OpenAsync(TestContext.Current.CancellationToken);
        var nuspec = XDocument.Load(stream).Root!;
        var space = nuspec.Name.Namespace;
        var metadata = nuspec.Element(space + "metadata")!;
        Assert.Equal("MIT", metadata.Element(space + "license")!.Value);
        Assert.Equal("README.md", metadata.Element(space + "readme")!.Value);
        var dependencies = metadata.Descendants(space + "dependency").Select(dependency => dependency.Attribute("id")!.Value).ToList();
        Assert.Contains("Microsoft.EntityFrameworkCore.Relational", dependencies);
        Assert.Contains("Npgsql.EntityFrameworkCore.PostgreSQL", dependencies);
        Assert.DoesNotContain(dependencies, name => name.Contains("Analyzer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Symbols_carry_every_source_file()
    {
        await using var zip = await ZipFile.OpenReadAsync(package.PathOf(".snupkg"), TestContext.Current.CancellationToken);
        using var pdb = new MemoryStream();
        await using (var stream = await zip.GetEntry("lib/net10.0/Tiebreak.pdb")!.OpenAsync(TestContext.Current.CancellationToken))
        {
            await stream.CopyToAsync(pdb, TestContext.Current.CancellationToken);
        }

        pdb.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(pdb);
        var reader = provider.GetMetadataReader();
        Assert.NotEmpty(reader.Documents);
        Assert.All(reader.Documents, document => Assert.Contains(
            reader.GetCustomDebugInformation(document).Select(handle => reader.GetGuid(reader.GetCustomDebugInformation(handle).Kind)), kind => kind == EmbeddedSource));
    }

    [Fact]
    public async Task Empty_console_project_locks_a_row_with_nothing_but_the_package()
    {
        var connectionString = await cluster.CreateDatabaseAsync("package");
        Write("NuGet.config", $"""
            <configuration>
              <packageSources><add key="packed" value="{package.Source}" /></packageSources>
            </configuration>
            """);
        Write("Consumer.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="Tiebreak" Version="{package.Version}" /></ItemGroup>
            </Project>
            """);
        Write("Program.cs", """
            using Microsoft.EntityFrameworkCore;
            using Tiebreak;
            using Tiebreak.RowLocks;

            var options = new DbContextOptionsBuilder<Shop>().UseNpgsql(args[0]).UseTiebreak().Options;
            await using var db = new Shop(options);
            await db.Database.EnsureCreatedAsync();
            db.Add(new Stock { Id = 1, Quantity = 41 });
            await db.SaveChangesAsync();

            await using var transaction = await db.Database.BeginTransactionAsync();
            var stock = await db.Stocks.Where(s => s.Id == 1).ForNoKeyUpdate().SingleAsync();
            stock.Quantity++;
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            Console.WriteLine($"quantity {stock.Quantity}");

            class Shop(DbContextOptions<Shop> options) : DbContext(options) { public DbSet<Stock> Stocks => Set<Stock>(); }
            class Stock { public int Id { get; set; } public int Quantity { get; set; } }
            """);

        var printed = await PackedPackage.DotnetAsync(package.Consumer, "run", "--", connectionString);
        Assert.Contains("quantity 42", printed, StringComparison.Ordinal);
    }

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(package.Consumer, file), text);
}
