namespace Tiebreak.RowLocks;
internal static class TempStub { public static IQueryable<T> ForNoKeyUpdate<T>(this IQueryable<T> q) where T : class => q; }
