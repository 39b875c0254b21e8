using System.Diagnostics;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Layers;

/// <summary>What rules and endpoints are kept away from.</summary>
internal static class Forbidden
{
    private static readonly Type[] Locks =
        [typeof(Lock), typeof(Monitor), typeof(SemaphoreSlim), typeof(Semaphore), typeof(Mutex), typeof(ReaderWriterLockSlim), typeof(SpinLock), typeof(Barrier)];

    private static readonly Type[] Clocks = [typeof(TimeProvider), typeof(Stopwatch), typeof(Timer), typeof(ITimer), typeof(PeriodicTimer), typeof(System.Timers.Timer)];

    private static readonly Type[] Tasks = [typeof(Task), typeof(Task<>), typeof(ValueTask), typeof(ValueTask<>), typeof(IAsyncEnumerable<>), typeof(Thread), typeof(ThreadPool), typeof(Parallel)];

    /// <summary>Types that touch the database or keep others out, the library's guards among them.</summary>
    public static bool IsDatabaseOrLock(Type type) =>
        type.Assembly == Built.Library
        || typeof(DbContext).IsAssignableFrom(type)
        || IsOf(type, "Microsoft.EntityFrameworkCore")
        || IsOf(type, "Npgsql")
        || IsOf(type, "System.Data")
        || Locks.Contains(type);

    /// <summary>What a pure rule does not see.</summary>
    public static bool IsImpure(Use use) =>
        IsDatabaseOrLock(use.Type)
        || IsOf(use.Type, "Microsoft.AspNetCore")
        || IsOf(use.Type, "System.Net.Http")
        || use.Type.Namespace == "System.IO"
        || use.Type == typeof(IServiceProvider)
        || Clocks.Contains(use.Type)
        || Tasks.Contains(use.Type)
        || (use.Member is MethodBase method && ReadsTheClock(method));

    private static bool ReadsTheClock(MethodBase method) => (method.DeclaringType?.FullName, method.Name) switch
    {
        ("System.DateTime" or "System.DateTimeOffset", "get_Now" or "get_UtcNow" or "get_Today") => true,
        ("System.Environment", "get_TickCount" or "get_TickCount64") => true,
        ("System.Guid", nameof(Guid.CreateVersion7)) => method.GetParameters().Length == 0,
        _ => false,
    };

    private static bool IsOf(Type type, string family) =>
        type.Namespace is { } name && (name == family || name.StartsWith(family + ".", StringComparison.Ordinal));
}
