using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Tiebreak.Server.Points;

/// <summary>
/// What an account has done under a program, as counters: caps, streaks and the first earn of a day are decided
/// without a look at the entries. It is read and written under the account's lock.
/// </summary>
internal sealed class AccountProgress
{
    /// <summary>The shard key.</summary>
    public required string AccountId { get; init; }

    public required string ProgramId { get; init; }

    public DateOnly LastEarnedOn { get; set; }

    public int StreakDays { get; set; }

    public long DayPoints { get; set; }

    public long MonthPoints { get; set; }

    public EarnHistory History
    {
        get => new(LastEarnedOn, StreakDays, DayPoints, MonthPoints);
        set => (LastEarnedOn, StreakDays, DayPoints, MonthPoints) = (value.LastEarnedOn!.Value, value.StreakDays, value.DayPoints, value.MonthPoints);
    }

    private sealed class Mapping : IEntityTypeConfiguration<AccountProgress>
    {
        public void Configure(EntityTypeBuilder<AccountProgress> builder)
        {
            builder.ToTable("account_progress", table => table.HasCheckConstraint("account_progress_points", "streak_days >= 1 AND day_points >= 0 AND month_points >= day_points"));
            builder.HasKey(progress => new { progress.AccountId, progress.ProgramId });
            builder.Ignore(progress => progress.History);
        }
    }
}
