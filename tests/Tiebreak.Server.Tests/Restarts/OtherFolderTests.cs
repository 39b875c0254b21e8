using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Restarts;

/// <summary>The program is started from a folder that is not its own, as a supervisor or a shell starts it.</summary>
public sealed class OtherFolderTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Its_settings_stand_beside_the_program_and_those_of_another_program_are_left_alone()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "appsettings.json"), """{ "Guard": { "Kind": "of another program" } }""");
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        using var api = new ApiClient(new Uri(address));

        await using var server = ServerProcess.StartIn(folder.Path, "--urls", address, "--ConnectionStrings:Tiebreak", await cluster.CreateDatabaseAsync("folder"));
        await server.UntilReadyAsync(api);
        for (var i = 0; i < 5; i++)
        {
            (await api.PostAsync("/v1/groups", new { name = "Chess" })).Expect(201);
            (await api.GetAsync("/v1/groups")).Expect(200);
        }

        // What the settings beside the program keep quiet: a line of SQL for each request.
        Assert.DoesNotContain("SELECT", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("DbCommand", server.Output, StringComparison.Ordinal);
    }
}
