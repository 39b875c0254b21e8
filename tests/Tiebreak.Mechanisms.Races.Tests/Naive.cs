using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Mechanisms.Races.Tests;

/// <summary>Read, decide, write, as one writes it without a thought for others.</summary>
internal static class Naive
{
    public static async Task<object?> BuyAsync(Boxes boxes, string _, CancellationToken ct)
    {
        await using var box = boxes.CreateDbContext();
        var show = await box.Shows.SingleAsync(show => show.Id == 1, ct);
        if (show.Sold == show.Places)
        {
            return "sold out";
        }

        show.Sold++;
        await box.SaveChangesAsync(ct);
        return "yours";
    }

    /// <summary>A guest a place, counted: no row stands for the limit.</summary>
    public static async Task<object?> AdmitAsync(Boxes boxes, string who, CancellationToken ct)
    {
        await using var box = boxes.CreateDbContext();
        if (await box.Guests.CountAsync(guest => guest.ShowId == 1, ct) >= 2)
        {
            return "full";
        }

        box.Guests.Add(new Guest { ShowId = 1, Name = who });
        await box.SaveChangesAsync(ct);
        return "in";
    }

    public static async Task<object?> RaiseAsync(Boxes boxes, string who, CancellationToken ct)
    {
        await using var box = boxes.CreateDbContext();
        var cents = await box.Prices.Where(price => price.Id == 1).Select(price => price.Cents).SingleAsync(ct);
        var raised = cents + By(who);
        await box.Prices.Where(price => price.Id == 1).ExecuteUpdateAsync(set => set.SetProperty(price => price.Cents, raised), ct);
        return raised;
    }

    public static async Task<object?> NameAsync(Boxes boxes, string who, CancellationToken ct)
    {
        await using var box = boxes.CreateDbContext();
        if (await box.Names.FindAsync(["queen"], ct) is { } taken)
        {
            return taken.Owner;
        }

        box.Names.Add(new Name { Value = "queen", Owner = who });
        await box.SaveChangesAsync(ct);
        return who;
    }

    /// <summary>Everybody by another amount: equal ones would hide that one is lost.</summary>
    public static int By(string who) => who == "alice" ? 5 : 7;
}
