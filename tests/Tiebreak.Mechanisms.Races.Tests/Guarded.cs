using Microsoft.EntityFrameworkCore;
using Tiebreak.AdvisoryLocks;
using Tiebreak.Leases;
using Tiebreak.RowLocks;
using Tiebreak.Transactions;
using Tiebreak.Updates;

namespace Tiebreak.Mechanisms.Races.Tests;

/// <summary>The same changes, each by a mechanism of the library.</summary>
internal static class Guarded
{
    public static async Task<object?> BuyUnderARowLockAsync(Boxes boxes, string _, CancellationToken ct) => await boxes.AtomicAsync(
        async (box, token) =>
        {
            var show = await box.Shows.Where(show => show.Id == 1).ForNoKeyUpdate().SingleAsync(token);
            return await DecideAsync(box, show, token);
        },
        cancellationToken: ct);

    public static async Task<object?> BuyOnAStaleEntityUnderARowLockAsync(Boxes boxes, string _, CancellationToken ct) => await boxes.AtomicAsync(
        async (box, token) =>
        {
            // What is tracked from before the lock is what the lock has to renew.
            await box.Shows.LoadAsync(token);
            var show = await box.Shows.Where(show => show.Id == 1).ForUpdate().SingleAsync(token);
            return await DecideAsync(box, show, token);
        },
        cancellationToken: ct);

    public static async Task<object?> BuyOrGiveUpAsync(Boxes boxes, string _, CancellationToken ct) => await boxes.AtomicAsync(
        async (box, token) => await box.Shows.Where(show => show.Id == 1).ForUpdate(RowLockWait.SkipLocked).SingleOrDefaultAsync(token) is { } show
            ? await DecideAsync(box, show, token)
            : "busy",
        cancellationToken: ct);

    public static async Task<object?> BuyInOneStatementAsync(Boxes boxes, string _, CancellationToken ct)
    {
        await using var box = boxes.CreateDbContext();
        return await box.Shows.Where(show => show.Id == 1 && show.Sold < show.Places)
            .TryUpdateReturningAsync(set => set.SetProperty(show => show.Sold, show => show.Sold + 1), ct) is null ? "sold out" : "yours";
    }

    public static async Task<object?> BuyByACounterAsync(Boxes boxes, string _, CancellationToken ct)
    {
        await using var box = boxes.CreateDbContext();
        return (await box.Shows.Where(show => show.Id == 1).TryAddAsync(show => show.Sold, 1, show => show.Places, ct)).Succeeded ? "yours" : "sold out";
    }

    public static async Task<object?> BuyUpdateFirstAsync(Boxes boxes, string _, CancellationToken ct) => await boxes.AtomicAsync(
        async (box, token) => await DecideAsync(box, (await box.Shows.Where(show => show.Id == 1).SeizeAsync(token)).Single(), token), cancellationToken: ct);

    public static async Task<object?> RaiseOptimisticallyAsync(Boxes boxes, string who, CancellationToken ct) => await boxes.OptimisticAsync(
        async (box, token) =>
        {
            var price = await box.Prices.SingleAsync(price => price.Id == 1, token);
            price.Cents += Naive.By(who);
            return (object?)price.Cents;
        },
        cancellationToken: ct);

    public static async Task<object?> RaiseByAnIncrementAsync(Boxes boxes, string who, CancellationToken ct)
    {
        await using var box = boxes.CreateDbContext();
        var show = await box.Shows.SingleAsync(show => show.Id == 1, ct);
        box.Increment(show, one => one.Places, Naive.By(who));
        return await box.SaveChangesWithIncrementsAsync(ct);
    }

    public static async Task<object?> AdmitUnderAnAdvisoryLockAsync(Boxes boxes, string who, CancellationToken ct) => await boxes.AtomicAsync(
        async (box, token) =>
        {
            await box.AdvisoryLockAsync("show/1", cancellationToken: token);
            return await AdmitAsync(box, who, token);
        },
        cancellationToken: ct);

    public static async Task<object?> AdmitSerializablyAsync(Boxes boxes, string who, CancellationToken ct) => await boxes.AtomicAsync(
        async (box, token) => await AdmitAsync(box, who, token), new AtomicOptions { IsolationLevel = System.Data.IsolationLevel.Serializable }, cancellationToken: ct);

    public static async Task<object?> AdmitUnderALeaseAsync(Boxes boxes, string who, CancellationToken ct)
    {
        if (await boxes.Leases.TryAcquireAsync("show/1", cancellationToken: ct) is not { } lease)
        {
            return "busy";
        }

        await using (lease)
        {
            return await boxes.AtomicAsync(
                async (box, token) =>
                {
                    await box.FenceAsync(lease, token);
                    return await AdmitAsync(box, who, token);
                },
                cancellationToken: ct);
        }
    }

    public static async Task<object?> NameOnceAsync(Boxes boxes, string who, CancellationToken ct)
    {
        await using var box = boxes.CreateDbContext();
        return (await box.Names.GetOrCreateAsync(name => name.Value, new Name { Value = "queen", Owner = who }, ct)).Entity.Owner;
    }

    private static async Task<object?> DecideAsync(Box box, Show show, CancellationToken ct)
    {
        if (show.Sold == show.Places)
        {
            return "sold out";
        }

        show.Sold++;
        await box.SaveChangesAsync(ct);
        return "yours";
    }

    private static async Task<object?> AdmitAsync(Box box, string who, CancellationToken ct)
    {
        if (await box.Guests.CountAsync(guest => guest.ShowId == 1, ct) >= 2)
        {
            return "full";
        }

        box.Guests.Add(new Guest { ShowId = 1, Name = who });
        await box.SaveChangesAsync(ct);
        return "in";
    }
}
