using System.Reflection;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Layers;

/// <summary>Folders of one project form no circle: whoever reads one has to read only what lies below it.</summary>
public sealed class FolderCircleTests
{
    /// <summary>Types that everyone may use although they do not lie below everyone, each with its reason.</summary>
    private static readonly Dictionary<string, string> Allowed = new(StringComparer.Ordinal)
    {
        ["Tiebreak.TiebreakException"] = "what a caller catches stands where a caller starts: at the root",
    };

    public static TheoryData<string> Projects => [.. Assemblies.Keys];

    private static Dictionary<string, Assembly> Assemblies { get; } = new(StringComparer.Ordinal)
    {
        ["Tiebreak"] = Built.Library,
        ["Tiebreak.LocalPostgres"] = Built.LocalPostgres,
        ["Tiebreak.Races"] = Built.Races,
        ["Tiebreak.Server"] = Built.Server,
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_form_no_circle(string project) =>
        Assert.Empty(Circles(Assemblies[project], project));

    [Fact]
    public void What_is_allowed_would_close_a_circle() =>
        Assert.All(Allowed.Keys, name => Assert.NotEmpty(new Folders(Assemblies.Values.Single(assembly => assembly.GetType(name) is not null), name[..name.LastIndexOf('.')], _ => false).Circles()));

    [Theory]
    [InlineData("namespace Stock.Orders { class Order { Bills.Bill? _bill; } } namespace Stock.Bills { class Bill { Orders.Order? _order; } }", 2)]
    [InlineData("namespace Stock.Orders { class Order { static object New() => new Func<object>(() => new Bills.Bill()); } } namespace Stock.Bills { class Bill { Shelves.Shelf? _shelf; } } namespace Stock.Shelves { class Shelf : List<Orders.Order>; }", 3)]
    [InlineData("namespace Stock { class Shop { Orders.Order? _order; } } namespace Stock.Orders.Open { class Draft { Shop? _shop; } } namespace Stock.Orders { class Order; }", 2)]
    public void A_circle_is_found_by_each_use_that_is_part_of_it(string text, int uses) =>
        Assert.Equal(uses, Circles(CompiledText.Compile(text), "Stock").Count());

    [Fact]
    public void Folders_above_one_another_are_fine() =>
        Assert.Empty(Circles(CompiledText.Compile("namespace Stock { class Shop { Orders.Order? _order; Bills.Bill? _bill; } } namespace Stock.Orders { class Order { Bills.Bill? _bill; } } namespace Stock.Bills { class Bill; }"), "Stock"));

    private static IEnumerable<string> Circles(Assembly assembly, string root) => new Folders(assembly, root, use => Allowed.ContainsKey(use.Type.FullName!)).Circles();
}
