using Npgsql;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Cli.Actors;

/// <summary>Sends statements one by one over one connection; the answer is the rows of each, or its error.</summary>
internal sealed class SqlActor(IReadOnlyList<string> statements)
{
    private readonly Started<NpgsqlDataSource> _sources = new(static database => Task.FromResult(NpgsqlDataSource.Create(database)));

    public async Task<ActorAnswer> RunAsync(string connectionString, CancellationToken cancellationToken)
    {
        var source = await _sources.For(connectionString).ConfigureAwait(false);
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await RunAsync(connection, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Closes its connections to a database.</summary>
    public ValueTask CloseAsync(string connectionString) => _sources.CloseAsync(connectionString);

    private async Task<ActorAnswer> RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var answers = new List<SqlAnswer>();
        var (isOpen, isSkipping) = (false, false);
        PostgresException? failure = null;
        foreach (var statement in statements)
        {
            var word = FirstWord(statement);
            var isEnd = word is "commit" or "end" or "rollback" or "abort" && !statement.Contains(" to ", StringComparison.OrdinalIgnoreCase);
            if (isSkipping)
            {
                isSkipping = !isEnd;
                continue;
            }

            try
            {
                answers.Add(await AnswerAsync(connection, statement, cancellationToken).ConfigureAwait(false));
                isOpen = word is "begin" or "start" || (isOpen && !isEnd);
            }
            catch (PostgresException exception)
            {
                answers.Add(new SqlAnswer(null, null, exception.SqlState));
                failure = exception;
                if (isOpen)
                {
                    isSkipping = !isEnd;
                    isOpen = false;
                    await AnswerAsync(connection, "rollback", cancellationToken).ConfigureAwait(false);
                }
            }
        }

        var text = AnswerText.Of(answers);
        return failure is null ? new ActorAnswer(text) : new ActorAnswer(text, Error: $"{failure.SqlState}: {failure.MessageText}", SqlState: failure.SqlState);
    }

    private static async Task<SqlAnswer> AnswerAsync(NpgsqlConnection connection, string statement, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // The statement is the user's own.
        var command = new NpgsqlCommand(statement, connection) { AllResultTypesAreUnknown = true };
#pragma warning restore CA2100
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var rows = new List<IReadOnlyList<string?>>();
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    var row = reader;
                    rows.Add([.. Enumerable.Range(0, row.FieldCount).Select(column => row.IsDBNull(column) ? null : row.GetString(column))]);
                }

                return reader.FieldCount > 0 ? new SqlAnswer(rows, null, null) : new SqlAnswer(null, reader.RecordsAffected < 0 ? null : reader.RecordsAffected, null);
            }
        }
    }

    private static string FirstWord(string statement) => statement.TrimStart().Split([' ', ';', '\n', '\t'], 2)[0].ToLowerInvariant();
}
