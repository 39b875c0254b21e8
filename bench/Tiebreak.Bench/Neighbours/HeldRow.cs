using Npgsql;
using Tiebreak.Bench.Hosting;
using Tiebreak.Bench.Systems;
using Tiebreak.Transactions;

namespace Tiebreak.Bench.Neighbours;

/// <summary>A session beside the server holds one account's row, and two callers want that account all the time.</summary>
internal sealed class HeldRow(BenchServer server, ByTiebreak changes) : IDisturbance
{
    public const string Account = "held";

    private NpgsqlConnection? _holder;
    private volatile bool _isOver;
    private Task _callers = Task.CompletedTask;

    public async Task BeginAsync()
    {
        if (_holder is not null)
        {
            return;
        }

        _holder = await server.Source.OpenConnectionAsync();
        await using var hold = new NpgsqlCommand("BEGIN; SELECT FROM accounts WHERE id = 'held' FOR UPDATE", _holder);
        await hold.ExecuteNonQueryAsync();
        _isOver = false;
        _callers = Task.WhenAll(WantAsync(), WantAsync());
    }

    public async Task EndAsync()
    {
        if (_holder is not null)
        {
            _isOver = true;
            await using (var release = new NpgsqlCommand("ROLLBACK", _holder))
            {
                await release.ExecuteNonQueryAsync();
            }

            await _callers;
            await _holder.DisposeAsync();
            _holder = null;
        }
    }

    private async Task WantAsync()
    {
        while (!_isOver)
        {
            try
            {
                await changes.EarnPointsAsync(Account);
            }
            catch (BusyException)
            {
                // What is expected of a row that is held, once the lock wait is over.
            }
        }
    }
}
