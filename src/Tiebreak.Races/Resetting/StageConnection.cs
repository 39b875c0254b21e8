using System.Data;
using Npgsql;

namespace Tiebreak.Races.Resetting;

/// <summary>A connection that is used by one caller at a time and opened again when it was lost.</summary>
/// <param name="connectionString">Of the scratch database.</param>
/// <param name="settings">Statements that each new session begins with.</param>
internal sealed class StageConnection(string connectionString, string settings) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly NpgsqlConnection _connection = new(new NpgsqlConnectionStringBuilder(connectionString)
    {
        Pooling = false,
        // What is asked over and over is prepared by itself.
        MaxAutoPrepare = 500,
        AutoPrepareMinUsages = 2,
        IncludeErrorDetail = true,
        Multiplexing = false,
        Enlist = false,
        ApplicationName = "tiebreak stage",
    }.ConnectionString);

    public async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> use, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
            return await use(_connection).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task UseAsync(Func<NpgsqlConnection, Task> use, CancellationToken cancellationToken) => UseAsync(
        async connection =>
        {
            await use(connection).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Leaves the database; the next use comes back to it.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _connection.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_connection.State == ConnectionState.Open)
        {
            return;
        }

        await _connection.CloseAsync().ConfigureAwait(false);
        await _connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _connection.ExecuteAsync(settings, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await _connection.CloseAsync().ConfigureAwait(false);
            throw;
        }
    }
}
