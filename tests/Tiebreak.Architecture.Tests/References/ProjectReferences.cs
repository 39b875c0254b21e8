using System.Reflection;
using System.Text.Json;
using System.Xml.Linq;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.References;

/// <summary>
/// What a project depends on, from three sides: what its file asks for, what the lock file says that this brings along,
/// and what the built assembly names (the compiler leaves out what is not used, so that alone would say too little).
/// </summary>
internal sealed record ProjectReferences(string Project, string LockFile, IReadOnlyList<string> OfAssembly)
{
    public static ProjectReferences Of(Assembly assembly)
    {
        var name = assembly.GetName().Name;
        return new ProjectReferences(
            Repository.Read($"src/{name}/{name}.csproj").Text,
            Repository.Read($"src/{name}/packages.lock.json").Text,
            [.. assembly.GetReferencedAssemblies().Select(reference => reference.Name!)]);
    }

    /// <summary>Every reference that the rule forbids, with where it stands.</summary>
    public IEnumerable<string> Find(Func<string, bool> isForbidden) =>
        InProject().Select(name => (name, "the project file"))
            .Concat(InLockFile().Select(name => (name, "the lock file")))
            .Concat(OfAssembly.Select(name => (name, "the built assembly")))
            .Where(reference => isForbidden(reference.name))
            .Select(reference => $"{reference.name} in {reference.Item2}");

    private IEnumerable<string> InProject()
    {
        var project = XDocument.Parse(Project).Root!;
        if ((string?)project.Attribute("Sdk") == "Microsoft.NET.Sdk.Web")
        {
            yield return "Microsoft.AspNetCore.App";
        }

        foreach (var item in project.Descendants().Where(element => element.Name.LocalName is "PackageReference" or "ProjectReference" or "FrameworkReference" or "Reference"))
        {
            yield return item.Name.LocalName == "ProjectReference"
                ? Path.GetFileNameWithoutExtension(((string)item.Attribute("Include")!).Replace('\\', '/'))
                : (string)item.Attribute("Include")!;
        }
    }

    private List<string> InLockFile()
    {
        using var document = JsonDocument.Parse(LockFile);
        return [.. document.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject()).Select(package => package.Name)];
    }
}
