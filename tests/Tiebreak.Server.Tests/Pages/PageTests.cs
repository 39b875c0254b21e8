using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.Pages;

/// <summary>The pages in a real browser. Skipped, visibly, where there is none.</summary>
public sealed class PageTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private static readonly string? Browser = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    [Theory]
    [InlineData("/", ColorScheme.Light, 1280)]
    [InlineData("/", ColorScheme.Dark, 360)]
    [InlineData("/problems", ColorScheme.Light, 360)]
    [InlineData("/problems/invite-exhausted", ColorScheme.Dark, 1280)]
    public async Task A_page_is_accessible_and_loads_nothing_else(string path, ColorScheme scheme, int width)
    {
        Assert.SkipWhen(Browser is null, "No Chromium is installed: apt-get install chromium");
        await using var opened = await OpenAsync(scheme, width);
        var requests = new List<string>();
        opened.Page.Request += (_, request) => requests.Add(request.Url);
        var complaints = new List<string>();
        opened.Page.Console += (_, message) => complaints.Add(message.Text);

        var response = await opened.Page.GotoAsync(new Uri(server.Server.Address, path).ToString());

        Assert.Equal(200, response!.Status);
        Assert.Single(requests, url => !url.EndsWith("/favicon.ico", StringComparison.Ordinal));
        Assert.DoesNotContain(complaints, text => !text.Contains("favicon", StringComparison.Ordinal));
        Assert.Equal(width, await opened.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        var axe = await opened.Page.RunAxe();
        Assert.True(axe.Violations.Length == 0, string.Join("\n", axe.Violations.Select(violation => $"{violation.Id}: {violation.Help}")));
    }

    [Fact]
    public async Task The_first_page_shows_calls_that_work_and_leads_to_the_contract()
    {
        Assert.SkipUnless(Curl.IsInstalled, Curl.Missing);
        Assert.SkipWhen(Browser is null, "No Chromium is installed: apt-get install chromium");
        await using var opened = await OpenAsync(ColorScheme.Light, 1280);
        await opened.Page.GotoAsync(server.Server.Address.ToString());

        Assert.Equal("Tiebreak is running", await opened.Page.Locator("h1").InnerTextAsync());
        foreach (var (system, outcomes) in new (string, string[])[] { ("Invites", ["invite-exhausted", "already-a-member"]), ("Tickets", ["seat-taken"]), ("Points", ["\"balance\""]) })
        {
            var calls = await opened.Page.Locator($"pre[aria-label='First calls of {system}']").InnerTextAsync();
            Assert.Contains(server.Server.Address.ToString().TrimEnd('/'), calls, StringComparison.Ordinal);
            using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", calls]) { RedirectStandardOutput = true })!;
            var output = await shell.StandardOutput.ReadToEndAsync();
            Assert.DoesNotContain("invalid-request", output, StringComparison.Ordinal);
            Assert.DoesNotContain("not-found", output, StringComparison.Ordinal);
            // A call that reached nobody prints nothing: what the last ones lead up to has to be there.
            Assert.True(outcomes.Any(outcome => output.Contains(outcome, StringComparison.Ordinal)), $"None of {string.Join(", ", outcomes)} came:\n{output}");
        }

        await opened.Page.GetByRole(AriaRole.Link, new() { Name = "Every problem" }).ClickAsync();
        await opened.Page.GetByRole(AriaRole.Link, new() { Name = "invite-exhausted" }).ClickAsync();
        Assert.Equal("The invite is used up.", await opened.Page.Locator("h1").InnerTextAsync());
    }

    private static async Task<OpenedPage> OpenAsync(ColorScheme scheme, int width)
    {
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Browser,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 800 } });
        return new OpenedPage(playwright, browser, page);
    }

    private sealed record OpenedPage(IPlaywright Playwright, IBrowser Browser, IPage Page) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Browser.DisposeAsync();
            Playwright.Dispose();
        }
    }
}
