using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Cli.Commands;

/// <summary>What the process ends with; pipelines rely on these.</summary>
internal static class ExitCode
{
    /// <summary>Every relevant order was run and holds.</summary>
    public const int Holds = 0;

    /// <summary>An order breaks it.</summary>
    public const int Broken = 1;

    /// <summary>The file, the set-up or the command line is wrong.</summary>
    public const int Wrong = 2;

    /// <summary>Nothing can be said; never a pass.</summary>
    public const int Unknown = 3;

    public static int Of(Verdict verdict) => verdict switch
    {
        Verdict.Holds => Holds,
        Verdict.Broken => Broken,
        _ => Unknown,
    };
}
