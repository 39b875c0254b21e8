using System.ComponentModel;
using System.Diagnostics;

namespace Tiebreak.Samples.Tests.DjangoInvites;

/// <summary>A Python that has what the sample needs. The first on PATH is often one without.</summary>
internal static class DjangoPython
{
    private static readonly string[] Places = ["python3", "/usr/bin/python3"];

    /// <summary>Its path; where there is none the test is skipped and says why.</summary>
    public static async Task<string> FindOrSkipAsync()
    {
        foreach (var place in Places)
        {
            if (await HasModulesAsync(place))
            {
                return place;
            }
        }

        Assert.Skip($"Neither {string.Join(" nor ", Places)} has django and psycopg2. Install the packages python3-django and python3-psycopg2.");
        return "";
    }

    private static async Task<bool> HasModulesAsync(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import django, psycopg2"]) { RedirectStandardError = true, UseShellExecute = false })!;
            await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
