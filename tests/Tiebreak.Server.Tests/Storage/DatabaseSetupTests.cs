using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Tiebreak.Server.Storage;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Tests.Storage;

public sealed class DatabaseSetupTests
{
    [Fact]
    public async Task A_server_that_is_taken_down_amid_the_setup_has_no_second_failure()
    {
        var contexts = new GoneContexts();
        var state = new DatabaseState();
        var setup = new DatabaseSetup(contexts, state, NullLogger<DatabaseSetup>.Instance, TimeProvider.System);
        await setup.StartAsync(TestContext.Current.CancellationToken);
        await contexts.Asked.Task;

        setup.Dispose();
        contexts.Go.SetResult();
        await setup.ExecuteTask!;

        Assert.False(state.IsSetUp);
    }

    /// <summary>Contexts that are asked for while their services are still there, and made when these are gone.</summary>
    private sealed class GoneContexts : IDbContextFactory<TiebreakDb>
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TiebreakDb CreateDbContext() => throw new ObjectDisposedException(nameof(IServiceProvider));

        public async Task<TiebreakDb> CreateDbContextAsync(CancellationToken cancellationToken = default)
        {
            Asked.SetResult();
            await Go.Task;
            return CreateDbContext();
        }
    }
}
