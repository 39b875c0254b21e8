namespace Tiebreak.Server.Points;

/// <summary>What an account has done under a program so far. Days and months are those of UTC.</summary>
/// <param name="LastEarnedOn">The day of the last earn by the program; <see langword="null"/> when there was none.</param>
/// <param name="StreakDays">How many days in a row, ending on that day, had an earn.</param>
/// <param name="DayPoints">What the program gave on that day.</param>
/// <param name="MonthPoints">What the program gave in the month of that day.</param>
internal sealed record EarnHistory(DateOnly? LastEarnedOn, int StreakDays, long DayPoints, long MonthPoints)
{
    /// <summary>That of an account that has earned nothing under the program.</summary>
    public static EarnHistory None { get; } = new(null, 0, 0, 0);

    /// <summary>Whether an earn at this time is the first of its day.</summary>
    public bool IsFirstOfDay(DateTimeOffset now) => LastEarnedOn != DayOf(now);

    /// <summary>The history as it stands for an earn at this time: that day is part of the streak, older counters are zero.</summary>
    public EarnHistory At(DateTimeOffset now)
    {
        var day = DayOf(now);
        if (LastEarnedOn is not { } last)
        {
            return new EarnHistory(day, 1, 0, 0);
        }

        return last == day ? this : new EarnHistory(
            day,
            day.DayNumber - last.DayNumber == 1 ? StreakDays + 1 : 1,
            0,
            day.Year == last.Year && day.Month == last.Month ? MonthPoints : 0);
    }

    /// <summary>Adds what the program gave.</summary>
    public EarnHistory Plus(long points) => this with { DayPoints = DayPoints + points, MonthPoints = MonthPoints + points };

    /// <summary>Servers' clocks differ: for an account whose last earn was in the next day already, it stays that day.</summary>
    private DateOnly DayOf(DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        return LastEarnedOn is { } last && last > day ? last : day;
    }
}
