using System.Security.Cryptography;
using Tiebreak.Server.Outcomes;

namespace Tiebreak.Server.Invites;

/// <summary>Who may come in. Pure: rows and the time go in, an answer comes out.</summary>
internal static class InviteRules
{
    public const int MaxUses = 1_000_000_000;

    /// <summary>What a code looks like, for the OpenAPI document.</summary>
    public const string CodeForm = "^[A-Za-z0-9_-]{4,64}$";

    public const int MinCodeLength = 4;
    public const int MaxCodeLength = 64;

    /// <summary>Letters and digits that nobody mistakes for one another when reading a code aloud or from paper.</summary>
    private const string Alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

    /// <summary>13 of 31 characters: 64 bits.</summary>
    private const int MadeCodeLength = 13;

    public static bool IsCode(string code) =>
        code.Length is >= MinCodeLength and <= MaxCodeLength && code.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    public static string MakeCode() => RandomNumberGenerator.GetString(Alphabet, MadeCodeLength);

    /// <summary>Whether the invite would still let someone in: neither used up, nor revoked, nor past its time.</summary>
    public static bool IsOpen(Invite invite, DateTimeOffset now) => invite.IsActive && !IsExpired(invite, now);

    /// <summary>What <see cref="IsOpen"/> said when the invite was made: one may be made whose time is already over.</summary>
    public static bool IsOpenAtCreation(Invite invite) => !IsExpired(invite, invite.CreatedAt);

    /// <summary>Why this user may not come in by this invite now; <see langword="null"/> when they may.</summary>
    /// <param name="invite">The active invite of the code, else its latest; <see langword="null"/> when there never was one.</param>
    /// <param name="membership">The group that the user is in, if any.</param>
    /// <param name="now">The time after the guard was taken.</param>
    public static Refusal? RefusalToAccept(Invite? invite, Membership? membership, DateTimeOffset now)
    {
        if (invite is null)
        {
            return new Refusal(InviteRefusals.InviteNotFound);
        }

        if (invite.RevokedAt is not null)
        {
            return new Refusal(InviteRefusals.InviteRevoked);
        }

        if (invite.Uses >= invite.MaxUses)
        {
            return new Refusal(InviteRefusals.InviteExhausted);
        }

        if (!IsOpen(invite, now))
        {
            return new Refusal(InviteRefusals.InviteExpired);
        }

        return membership is null ? null : new Refusal(InviteRefusals.AlreadyAMember, ("groupId", membership.GroupId));
    }

    /// <summary>Counts the use and says which one it is. The use that exhausts the invite makes it inactive.</summary>
    public static InviteUse Use(Invite invite, string userId, Identity identity, DateTimeOffset now)
    {
        invite.Uses++;
        invite.IsActive = invite.Uses < invite.MaxUses;
        invite.DecidedAt = now;
        return new InviteUse
        {
            Code = invite.Code,
            Generation = invite.Generation,
            Number = invite.Uses,
            UserId = userId,
            GroupId = invite.GroupId,
            AcceptedAt = now,
            IdempotencyKey = identity.Key,
            PayloadHash = identity.PayloadHash,
        };
    }

    /// <summary>Writes down that the invite's time is over, so that it stays so.</summary>
    public static void Expire(Invite invite, DateTimeOffset now)
    {
        invite.IsActive = false;
        invite.DecidedAt = now;
    }

    private static bool IsExpired(Invite invite, DateTimeOffset now) => invite.ExpiresAt <= now;
}
