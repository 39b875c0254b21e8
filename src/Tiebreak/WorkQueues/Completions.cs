using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Tiebreak.WorkQueues;

/// <summary>
/// Ends jobs whose handlers wrote nothing here, many in one statement: those that end while one is under way go with the
/// next. Nobody waits for a batch to fill.
/// </summary>
internal sealed class Completions<TContext>(WorkerCommands<TContext> commands, TimeProvider time)
    where TContext : DbContext
{
    private const int Tries = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private List<(ClaimedJob Job, TaskCompletionSource Done)> _waiting = [];
    private bool _isRunning;

    /// <exception cref="ClaimLostException">The claim is not this worker's any more.</exception>
    public Task CompleteAsync(ClaimedJob job)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add((job, done));
            if (!_isRunning)
            {
                _isRunning = true;
                _ = Task.Run(DrainAsync);
            }
        }

        return done.Task;
    }

    private async Task DrainAsync()
    {
        while (true)
        {
            List<(ClaimedJob Job, TaskCompletionSource Done)> batch;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _isRunning = false;
                    return;
                }

                (batch, _waiting) = (_waiting, []);
            }

            await EndAsync(batch).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(List<(ClaimedJob Job, TaskCompletionSource Done)> batch)
    {
        try
        {
            var ended = await DeleteAsync([.. batch.Select(one => one.Job)]).ConfigureAwait(false);
            foreach (var (job, done) in batch)
            {
                if (ended.Contains(job.Id))
                {
                    done.SetResult();
                }
                else
                {
                    done.SetException(new ClaimLostException(job.Id));
                }
            }
        }
#pragma warning disable CA1031 // Each job's attempt is told, and decides what becomes of it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            batch.ForEach(one => one.Done.TrySetException(exception));
        }
    }

    /// <summary>The handlers have run, and would run again: a connection that is lost here is worth another try.</summary>
    private async Task<HashSet<Guid>> DeleteAsync(IReadOnlyList<ClaimedJob> jobs)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return [.. await commands.ReadAsync(
                    table => $"""
                        DELETE FROM {table.Name} AS job USING unnest(@ids, @tokens) AS claim(id, token)
                        WHERE job.id = claim.id AND job.claim_token = claim.token RETURNING job.id
                        """,
                    static row => row.GetGuid(0),
                    [
                        new NpgsqlParameter<Guid[]>("ids", [.. jobs.Select(job => job.Id)]),
                        new NpgsqlParameter<Guid[]>("tokens", [.. jobs.Select(job => job.Token)]),
                    ],
                    CancellationToken.None).ConfigureAwait(false)];
            }
            catch (Exception exception) when (attempt < Tries && WorkerErrors.MayPass(exception))
            {
                await Task.Delay(Pause, time).ConfigureAwait(false);
            }
        }
    }
}
