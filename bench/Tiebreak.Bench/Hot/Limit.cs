using Npgsql;

namespace Tiebreak.Bench.Hot;

/// <summary>
/// The limit that nothing can pass which writes these records: transactions of a thousand accepts by <c>unnest</c> on
/// one connection, with nothing read, nothing decided and nobody waiting.
/// </summary>
internal sealed class Limit(NpgsqlDataSource source)
{
    private const int Size = 1_000;
    private int _number;

    public async Task<int> WriteAsync(string code, Guid group)
    {
        var numbers = Enumerable.Range(_number + 1, Size).ToArray();
        _number += Size;
        var users = numbers.Select(_ => AcceptSql.NewUser()).ToArray();
        var hashes = numbers.Select(_ => new byte[32]).ToArray();
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("UPDATE invites SET uses = $2 WHERE code = $1 AND is_active") { Parameters = { new() { Value = code }, new() { Value = _number } } },
                new("INSERT INTO invite_uses SELECT $1, 1, n, u, $2, now(), u, h FROM unnest($3, $4, $5) AS t(n, u, h)")
                {
                    Parameters = { new() { Value = code }, new() { Value = group }, new() { Value = numbers }, new() { Value = users }, new() { Value = hashes } },
                },
                new("INSERT INTO memberships SELECT u, $2, $1, 1, now() FROM unnest($3) AS t(u)")
                {
                    Parameters = { new() { Value = code }, new() { Value = group }, new() { Value = users } },
                },
            },
        };
        await batch.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
        return Size;
    }
}
