using System.Reflection;

namespace Tiebreak.Architecture.Tests.Support;

/// <summary>The assemblies under test, as they were built for these tests.</summary>
internal static class Built
{
    public static Assembly Library { get; } = typeof(Operations.IGuard<>).Assembly;

    public static Assembly LocalPostgres { get; } = typeof(LocalPostgres.LocalPostgresServer).Assembly;

    public static Assembly Races { get; } = typeof(Tiebreak.Races.Race).Assembly;

    /// <summary>Has no public type to be named by.</summary>
    public static Assembly Server { get; } = Assembly.Load("Tiebreak.Server");
}
