using System.Reflection;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Layers;

/// <summary>No system uses another: invites know nothing of tickets, and tickets nothing of points.</summary>
public sealed class SystemTests
{
    private static readonly string[] Systems = ["Invites", "Tickets", "Points"];

    [Fact]
    public void A_system_uses_no_other_system() => Assert.Empty(Find(Built.Server));

    /// <summary>A system is a folder with operations: a new one that is missing above would be let through.</summary>
    [Fact]
    public void Every_folder_with_operations_is_a_named_system()
    {
        var folders = TypeUses.Outermost(Built.Server).Where(IsOperation).Select(SystemOf).Distinct().ToList();

        Assert.Contains("Invites", folders);
        Assert.Subset(Systems.ToHashSet<string?>(StringComparer.Ordinal), folders.ToHashSet(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("namespace Tiebreak.Server.Invites { class Accept { static int Run() => Points.Account.Open(); } }")]
    [InlineData("namespace Tiebreak.Server.Invites { class Accept { Points.Account? _account; } }")]
    [InlineData("namespace Tiebreak.Server.Invites { class Accept { static Func<object> Run() => () => new Points.Account(); } }")]
    [InlineData("namespace Tiebreak.Server.Invites.Deeper { class Accept : List<Points.Account>; }")]
    public void A_use_of_another_system_is_found(string text) =>
        Assert.NotEmpty(Find(CompiledText.Compile("namespace Tiebreak.Server.Points { public class Account { public static int Open() => 1; } }" + text)));

    [Fact]
    public void A_system_may_use_itself_and_what_is_shared() =>
        Assert.Empty(Find(CompiledText.Compile("""
            namespace Tiebreak.Server.Storage { public class Db; }
            namespace Tiebreak.Server.Points { public class Account { public Storage.Db? Db; } public class Entry { public Account? Account; } }
            """)));

    private static IEnumerable<Use> Find(Assembly assembly) =>
        from type in TypeUses.Outermost(assembly)
        let system = SystemOf(type)
        where Systems.Contains(system, StringComparer.Ordinal)
        from use in TypeUses.Of(type)
        where SystemOf(use.Type) is { } other && other != system && Systems.Contains(other, StringComparer.Ordinal)
        select use;

    private static bool IsOperation(Type type) =>
        type is { IsAbstract: false } && type.GetInterfaces().Any(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(Operations.IOperation<,,,>));

    /// <summary>The third part of Tiebreak.Server.Invites.</summary>
    private static string? SystemOf(Type type) =>
        type.Namespace?.Split('.') is ["Tiebreak", "Server", var system, ..] ? system : null;
}
