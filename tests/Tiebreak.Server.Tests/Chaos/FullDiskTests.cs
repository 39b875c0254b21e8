using System.Diagnostics;
using Npgsql;
using Tiebreak.Server.Tests.Support;
using Tiebreak.Testing;

namespace Tiebreak.Server.Tests.Chaos;

/// <summary>A disk that is really full: a file system of 48 MB in memory, filled but for a little. Skipped where none may be mounted.</summary>
public sealed class FullDiskTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_full_disk_is_503_and_not_ready_until_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync();
        Assert.SkipWhen(disk is null, "A file system of a few megabytes cannot be mounted: only root may do that, outside of a container.");
        var name = "full_" + Guid.NewGuid().ToString("n")[..8];
        var space = $"space_{name}";
        await ExecuteAsync($"CREATE TABLESPACE {space} LOCATION '{disk.Data}'");
        await ExecuteAsync($"CREATE DATABASE {name} TABLESPACE {space}");
        try
        {
            await using var server = await ServerUnderTest.StartAsync(new NpgsqlConnectionStringBuilder(cluster.Server.ConnectionString) { Database = name }.ConnectionString);
            (await server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 1 })).Expect(201);
            await disk.FillAsync();

            var acknowledged = 1 + await UntilRefusedAsync(server.Api);
            Assert.Equal("503 database-unavailable", (await server.Api.GetAsync("/health/ready")).Kind);
            Assert.Equal(acknowledged, (await server.Api.GetAsync("/v1/accounts/ada")).Expect(200).Number("balance"));

            disk.Empty();
            await server.UntilReadyAsync();
            Assert.Equal(acknowledged + 1, (await server.Api.PostAsync("/v1/accounts/ada/earn", new { points = 1 })).Expect(201).Number("balanceAfter"));
        }
        finally
        {
            await ExecuteAsync($"DROP DATABASE {name} WITH (FORCE)");
            await ExecuteAsync($"DROP TABLESPACE {space}");
        }
    }

    /// <summary>Earns until the database has no room for a further entry; how many points were acknowledged.</summary>
    private static async Task<long> UntilRefusedAsync(ApiClient api)
    {
        var acknowledged = 0L;
        while (true)
        {
            var answer = await api.PostAsync("/v1/accounts/ada/earn", new { points = 1, reason = new string('x', 200) });
            if (answer.Status != 201)
            {
                Assert.Equal("503 database-unavailable", answer.Kind);
                return acknowledged;
            }

            acknowledged++;
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(cluster.Server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class SmallDisk(string folder) : IAsyncDisposable
    {
        public string Data => Path.Combine(folder, "data");

        private string Ballast => Path.Combine(folder, "ballast");

        public static async Task<SmallDisk?> MountAsync()
        {
            var folder = Directory.CreateTempSubdirectory("tiebreak-disk-").FullName;
            if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=48m,mode=0755", "tmpfs", folder) != 0)
            {
                Directory.Delete(folder);
                return null;
            }

            var disk = new SmallDisk(folder);
            Directory.CreateDirectory(disk.Data);
            return await RunAsync("chown", "postgres", disk.Data) == 0 ? disk : null;
        }

        public async Task FillAsync()
        {
            await using var file = File.Create(Ballast);
            try
            {
                while (true)
                {
                    await file.WriteAsync(new byte[8192]);
                    await file.FlushAsync();
                }
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public void Empty() => File.Delete(Ballast);

        public async ValueTask DisposeAsync()
        {
            await RunAsync("umount", folder);
            Directory.Delete(folder, recursive: true);
        }

        private static async Task<int> RunAsync(string program, params string[] arguments)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
                await process.WaitForExitAsync();
                return process.ExitCode;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return -1;
            }
        }
    }
}
