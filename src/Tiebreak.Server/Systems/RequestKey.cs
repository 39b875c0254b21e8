using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Systems;

/// <summary>
/// The idempotency record of a request that makes a row whose shard key is new with it (a group, an event, an invite,
/// a transfer): the row cannot carry the key itself, since no unique constraint without the shard key exists on a
/// spread table. It is written in the transaction of the row that it names.
/// </summary>
internal sealed class RequestKey
{
    /// <summary>The <c>Idempotency-Key</c> header. The shard key.</summary>
    public required string IdempotencyKey { get; init; }

    /// <summary>The route that it was sent to, with its ids.</summary>
    public required string Route { get; init; }

    /// <summary>What tells a repetition from another request.</summary>
    public required byte[] PayloadHash { get; init; }

    /// <summary>The id of the row that the request made.</summary>
    public required string RecordId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The record of a request that is about to take effect; none when it came without a key.</summary>
    public static RequestKey? For(Identity identity, string route, string recordId, DateTimeOffset now) => identity.Key is null ? null : new RequestKey
    {
        IdempotencyKey = identity.Key,
        Route = route,
        PayloadHash = identity.PayloadHash!,
        RecordId = recordId,
        CreatedAt = now,
    };

    private sealed class Mapping : IEntityTypeConfiguration<RequestKey>
    {
        public void Configure(EntityTypeBuilder<RequestKey> builder)
        {
            builder.ToTable("request_keys");
            builder.HasKey(key => new { key.IdempotencyKey, key.Route });
        }
    }
}
