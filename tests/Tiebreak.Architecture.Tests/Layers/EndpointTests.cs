using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Layers;

/// <summary>Endpoints and pages enter at an operation or a query: they touch neither the database nor a lock.</summary>
public sealed class EndpointTests
{
    [Fact]
    public void Endpoints_and_pages_touch_neither_the_database_nor_a_lock() =>
        Assert.Empty(Find(Built.Server));

    [Fact]
    public void There_are_endpoints_and_pages_to_look_at() =>
        Assert.Superset(
            new HashSet<string>(["InviteEndpoints", "TicketEndpoints", "PageEndpoints", "Home", "Health"], StringComparer.Ordinal),
            EndpointsOf(Built.Server).Select(type => type.Name).ToHashSet(StringComparer.Ordinal));

    [Theory]
    [InlineData("class StockEndpoints { static int Get(Db db) => 1; }")]
    [InlineData("class StockEndpoints { static int Get(Microsoft.EntityFrameworkCore.IDbContextFactory<Db> contexts) => 1; }")]
    [InlineData("class StockEndpoints { static async Task GetAsync(Func<Task<Db>> open) { var db = await open(); db.Dispose(); } }")]
    [InlineData("class StockEndpoints { static object? Get(IServiceProvider services) => Microsoft.Extensions.DependencyInjection.ServiceProviderServiceExtensions.GetService<Db>(services); }")]
    [InlineData("class StockEndpoints { static int Get(Tiebreak.Operations.IGuard<Db> guard) => 1; }")]
    [InlineData("class StockEndpoints { static Func<object, bool> Get() => thrown => thrown is Tiebreak.Transactions.BusyException; }")]
    [InlineData("class StockEndpoints { static void Get(Npgsql.NpgsqlDataSource source) { } }")]
    [InlineData("class StockEndpoints { private readonly SemaphoreSlim _turns = new(1); }")]
    [InlineData("class StockEndpoints { static void Get(object o) { lock (o) { } } }")]
    [InlineData("class StockPage : Microsoft.AspNetCore.Components.ComponentBase { [Microsoft.AspNetCore.Components.Inject] public Db? Db { get; set; } }")]
    [InlineData("static class Stock { static void Map(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder routes) => Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions.MapGet(routes, \"/\", (Db db) => 1); }")]
    public void An_endpoint_that_touches_one_is_found(string endpoint) =>
        Assert.NotEmpty(Find(CompiledText.Compile("public sealed class Db : Microsoft.EntityFrameworkCore.DbContext;" + endpoint)));

    [Fact]
    public void An_endpoint_that_calls_an_operation_is_no_violation() =>
        Assert.Empty(Find(CompiledText.Compile("""
            sealed class Db : Microsoft.EntityFrameworkCore.DbContext;
            abstract class Operation<TRequest>(Tiebreak.Operations.IGuard<Db> guard) { public object Guard => guard; public Task<int> RunAsync(TRequest request) => Task.FromResult(1); }
            class Take(Tiebreak.Operations.IGuard<Db> guard) : Operation<int>(guard);
            class StockEndpoints { static async Task<int> PostAsync(Take take) => await take.RunAsync(1); }
            """)));

    private static IEnumerable<Use> Find(Assembly assembly) =>
        EndpointsOf(assembly).SelectMany(type => TypeUses.Of(type).Where(use => Forbidden.IsDatabaseOrLock(use.Type)));

    private static IEnumerable<Type> EndpointsOf(Assembly assembly) => TypeUses.Outermost(assembly).Where(type =>
        type.Name.EndsWith("Endpoints", StringComparison.Ordinal)
        || typeof(IComponent).IsAssignableFrom(type)
        || TypeUses.Of(type).Any(use => use.Type == typeof(EndpointRouteBuilderExtensions) && use.Member?.Name != nameof(EndpointRouteBuilderExtensions.MapGroup)));
}
