using Microsoft.EntityFrameworkCore;
using Tiebreak.RowLocks;

namespace Tiebreak.Tests.RowLocks.Conformance;

/// <summary>Two at once over the model of Django's tests.</summary>
public sealed class BlockingTests(PersonDatabase database) : IClassFixture<PersonDatabase>
{
    [Fact]
    public async Task Who_comes_second_waits_and_then_changes_the_row()
    {
        var holder = await database.HoldPeopleAsync();
        var waiting = RenameAsync(RowLockWait.Default);
        await database.UntilSomebodyWaitsAsync();
        await using var context = database.Open();
        Assert.Equal("Reinhardt", (await context.People.AsNoTracking().SingleAsync()).Name);

        await holder.DisposeAsync();
        await waiting;

        Assert.Equal("Fred", (await context.People.AsNoTracking().SingleAsync()).Name);
        await context.People.ExecuteUpdateAsync(s => s.SetProperty(p => p.Name, "Reinhardt"));
    }

    [Fact]
    public async Task Who_does_not_wait_gets_an_error()
    {
        await using var holder = await database.HoldPeopleAsync();

        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(RenameAsync(RowLockWait.None)));
    }

    [Fact]
    public async Task Who_skips_finds_no_row()
    {
        await using var holder = await database.HoldPeopleAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => RenameAsync(RowLockWait.SkipLocked));
    }

    [Fact]
    public async Task Raw_sql_that_does_not_wait_gets_an_error()
    {
        await using var holder = await database.HoldPeopleAsync();
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();

        Assert.Equal("55P03", await WaitTests.SqlStateOfAsync(
            context.People.FromSqlRaw("SELECT * FROM people").ForUpdate(RowLockWait.None).ToListAsync()));
    }

    private async Task RenameAsync(RowLockWait wait)
    {
        await using var context = database.Open();
        await using var transaction = await context.Database.BeginTransactionAsync();
        (await context.People.ForUpdate(wait).SingleAsync()).Name = "Fred";
        await context.SaveChangesAsync();
        await transaction.CommitAsync();
    }
}
