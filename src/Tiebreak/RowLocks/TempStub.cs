namespace Tiebreak.RowLocks;
internal static class TempStub { public static IQueryable<T> ForNoKeyUpdate<T>(this IQueryable<T> q) where T : class => q; }
/// <summary>x</summary>
public static class TempUse {
/// <summary>x</summary>
public static Microsoft.EntityFrameworkCore.DbContextOptionsBuilder UseTiebreak(this Microsoft.EntityFrameworkCore.DbContextOptionsBuilder b) => b; }
