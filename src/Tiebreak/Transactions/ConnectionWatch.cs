using System.Data;
using System.Data.Common;
using Npgsql;

namespace Tiebreak.Transactions;

/// <summary>
/// Notes that the connection of a transaction broke. EF Core opens another one for the next statement, which would be
/// committed there by itself while the block believes itself in its transaction: that is refused.
/// </summary>
internal sealed class ConnectionWatch : IDisposable
{
    private readonly DbConnection _connection;

    public ConnectionWatch(DbConnection connection)
    {
        _connection = connection;
        connection.StateChange += OnChange;
    }

    public bool IsLost { get; private set; }

    public void ThrowIfLost()
    {
        if (IsLost)
        {
            throw new ConnectionLostException(new InvalidOperationException("The connection of this transaction was lost at an earlier statement, whose error was not let out of the block."));
        }
    }

    public void Dispose() => _connection.StateChange -= OnChange;

    private void OnChange(object sender, StateChangeEventArgs change)
    {
        if (sender is NpgsqlConnection { FullState: ConnectionState.Broken })
        {
            IsLost = true;
        }
        else if (change.CurrentState == ConnectionState.Open)
        {
            ThrowIfLost();
        }
    }
}
