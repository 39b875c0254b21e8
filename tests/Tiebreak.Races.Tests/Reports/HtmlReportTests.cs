using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Tiebreak.Races.Findings;

namespace Tiebreak.Races.Tests.Reports;

/// <summary>The page in a real browser. Skipped, visibly, where there is none.</summary>
public sealed class HtmlReportTests
{
    private static readonly string? Browser = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task The_page_is_accessible_and_loads_nothing_else(ColorScheme scheme, int width)
    {
        Assert.SkipWhen(Browser is null, "No Chromium is installed: apt-get install chromium");
        await using var opened = await OpenAsync(SampleReport.Broken, scheme, width);

        var axe = await opened.Page.RunAxe();

        Assert.True(axe.Violations.Length == 0, string.Join("\n", axe.Violations.Select(violation => $"{violation.Id}: {violation.Help}")));
        Assert.Empty(opened.Complaints);
        Assert.DoesNotContain(opened.Requests, url => !url.StartsWith("file:", StringComparison.Ordinal) && !url.StartsWith("data:", StringComparison.Ordinal));
        Assert.Equal(width, await opened.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task The_page_is_used_by_keyboard_and_gives_its_JSON()
    {
        Assert.SkipWhen(Browser is null, "No Chromium is installed: apt-get install chromium");
        await using var opened = await OpenAsync(SampleReport.Broken, ColorScheme.Light, 1280);
        var page = opened.Page;
        var table = page.Locator("details table").First;
        Assert.False(await table.IsVisibleAsync());

        await page.Locator("summary").First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await table.WaitForAsync();

        var download = await page.RunAndWaitForDownloadAsync(async () =>
        {
            await page.GetByRole(AriaRole.Link, new() { Name = "Download as JSON" }).FocusAsync();
            await page.Keyboard.PressAsync("Enter");
        });
        Assert.Equal(SampleReport.Broken.ToJson(), await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Statements_are_text_and_never_markup()
    {
        var page = SampleReport.Broken.ToHtml();

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_drawing_shows_spans_of_waiting_and_the_two_statements_that_matter()
    {
        var page = SampleReport.Broken.ToHtml();

        // Each is drawn twice: for wide and for narrow windows, of which one is shown.
        Assert.Equal(2 * 3, page.Split("class=\"blocked\"").Length - 1);
        Assert.Equal(2 * 4, page.Split("class=\"card culprit\"").Length - 1);
        Assert.Contains("<title id=\"finding-1-t\">", page, StringComparison.Ordinal);
    }

    private static async Task<OpenedPage> OpenAsync(RaceReport report, ColorScheme scheme, int width)
    {
        var file = Path.Combine(Path.GetTempPath(), $"tiebreak-report-{Guid.NewGuid():N}.html");
        await File.WriteAllTextAsync(file, report.ToHtml());
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Browser,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 900 } });
        var opened = new OpenedPage(playwright, browser, page, file, [], []);
        page.Request += (_, request) => opened.Requests.Add(request.Url);
        page.Console += (_, message) => opened.Complaints.Add(message.Text);
        await page.GotoAsync(new Uri(file).AbsoluteUri);
        return opened;
    }

    private sealed record OpenedPage(IPlaywright Playwright, IBrowser Browser, IPage Page, string File, List<string> Requests, List<string> Complaints) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Browser.DisposeAsync();
            Playwright.Dispose();
            System.IO.File.Delete(File);
        }
    }
}
