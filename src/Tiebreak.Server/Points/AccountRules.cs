using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>What may come and go. Pure: rows and the time go in, a refusal or the rows of the change come out.</summary>
internal static class AccountRules
{
    /// <summary>Why the account may not earn so many points; <see langword="null"/> when it may.</summary>
    /// <param name="account"><see langword="null"/> when the earn opens it.</param>
    /// <param name="points">What it would earn.</param>
    public static Refusal? RefusalToEarn(Account? account, long points) =>
        account is not null && points > Limits.Points - Math.Max(account.Balance, account.Lifetime) ? new Refusal(PointsRefusals.BalanceLimit) : null;

    /// <summary>Why so many points may not go; <see langword="null"/> when they may.</summary>
    public static Refusal? RefusalToSpend(string accountId, Account? account, long points)
    {
        if (account is null)
        {
            return PointsRefusals.NoAccount(accountId);
        }

        return points > account.Balance ? new Refusal(PointsRefusals.InsufficientPoints, ("balance", account.Balance)) : null;
    }

    /// <summary>Why so many points may not come from another account; <see langword="null"/> when they may.</summary>
    public static Refusal? RefusalToReceive(string accountId, Account? account, long points)
    {
        if (account is null)
        {
            return PointsRefusals.NoAccount(accountId);
        }

        return points > Limits.Points - account.Balance ? new Refusal(PointsRefusals.BalanceLimit) : null;
    }

    /// <summary>Adds what was earned.</summary>
    /// <param name="account">Whose points they are.</param>
    /// <param name="points">How many.</param>
    /// <param name="byProgram">How they came about; <see langword="null"/> when they were given directly.</param>
    /// <param name="reason">In the caller's words.</param>
    /// <param name="identity">What makes a repetition of the request known.</param>
    /// <param name="now">The time after the guard was taken.</param>
    public static Entry Earn(Account account, long points, PointsRules.Evaluation? byProgram, string? reason, Identity identity, DateTimeOffset now)
    {
        account.Lifetime += points;
        account.DecidedAt = now;
        account.Balance += points;
        return new Entry
        {
            AccountId = account.Id,
            Sequence = ++account.Entries,
            Id = Ids.New(now),
            Kind = EntryKind.Earn,
            Points = points,
            BalanceAfter = account.Balance,
            Reason = reason,
            ProgramId = byProgram is null ? null : account.ProgramId,
            EarnedOn = byProgram?.History.LastEarnedOn,
            Breakdown = byProgram?.Breakdown,
            CreatedAt = now,
            IdempotencyKey = identity.Key,
            PayloadHash = identity.PayloadHash,
        };
    }

    /// <summary>Takes what was spent.</summary>
    public static Entry Spend(Account account, long points, string? reason, Identity identity, DateTimeOffset now) =>
        Move(account, EntryKind.Spend, -points, transferId: null, reason, identity, now);

    /// <summary>Takes points from one account and gives them to the other.</summary>
    public static (Entry From, Entry To) Transfer(Account from, Account to, long points, string? reason, DateTimeOffset now)
    {
        var transferId = Ids.New(now);
        return (
            Move(from, EntryKind.TransferOut, -points, transferId, reason, Identity.None, now),
            Move(to, EntryKind.TransferIn, points, transferId, reason, Identity.None, now));
    }

    private static Entry Move(Account account, EntryKind kind, long points, Guid? transferId, string? reason, Identity identity, DateTimeOffset now)
    {
        account.Balance += points;
        account.DecidedAt = now;
        return new Entry
        {
            AccountId = account.Id,
            Sequence = ++account.Entries,
            Id = Ids.New(now),
            Kind = kind,
            Points = points,
            BalanceAfter = account.Balance,
            Reason = reason,
            TransferId = transferId,
            CreatedAt = now,
            IdempotencyKey = identity.Key,
            PayloadHash = identity.PayloadHash,
        };
    }
}
