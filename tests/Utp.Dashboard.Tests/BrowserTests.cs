using System.Text.Json;
using Utp.Protocol;

namespace Utp.Dashboard.Tests;

/// <summary>The page in a real browser.</summary>
[Collection(BrowserCollection.Name)]
public sealed class BrowserTests(Browser browser)
{
    private const string IsLive = "document.getElementById('status').textContent === 'Live' && document.querySelector('.body [aria-rowindex=\"2\"]')?.data";

    [BrowserFact]
    public async Task The_page_shows_connections_and_goes_on_showing_what_they_do()
    {
        await using var server = await PageServer.StartAsync(new Shown(30));
        await using var page = await OpenAsync(server);

        Assert.Equal("30", (string?)await page.RunAsync("return page.textContent('#all-live')"));
        await page.RunAsync("globalThis.before = await page.textContent('.body [aria-rowindex=\"2\"] .cell:nth-child(6)')");
        await page.RunAsync("await page.waitForFunction(before => document.querySelector('.body [aria-rowindex=\"2\"] .cell:nth-child(6)').textContent !== before, globalThis.before, { timeout: 60_000 })");
        Assert.Empty(await page.CloseAsync());
    }

    [BrowserFact]
    public async Task Of_10_000_connections_only_those_that_are_seen_are_sent_and_exist_on_the_page()
    {
        await using var server = await PageServer.StartAsync(new Shown(10_000));
        await using var page = await OpenAsync(server);

        Assert.Equal("10001", (string?)await page.RunAsync("return page.getAttribute('#table', 'aria-rowcount')"));
        // The slowest is the last, when the fastest come first.
        await page.RunAsync("await page.evaluate(() => document.getElementById('table').scrollTop = 1e9)");
        await page.UntilAsync("[...document.querySelectorAll('.body .row:not([hidden])')].some(row => row.getAttribute('aria-rowindex') === '10001' && row.data)");
        Assert.InRange((int)(await page.RunAsync("return page.locator('.body .row').count()"))!, 5, 100);
        // Readers of the screen go by the order of the elements.
        await page.UntilAsync("(rows => rows.length > 5 && rows.every((index, i) => i === 0 || index === rows[i - 1] + 1))([...document.querySelectorAll('.body .row:not([hidden])')].map(row => Number(row.ariaRowIndex ?? row.getAttribute('aria-rowindex'))))");
        Assert.InRange((int)(await page.RunAsync("return (await page.evaluate(async () => (await (await fetch('events?count=1000000')).body.getReader().read()).value.length))"))!, 1, 200_000);
        Assert.Empty(await page.CloseAsync());
    }

    [BrowserFact]
    public async Task Connections_are_sought_and_sorted_with_the_keyboard_alone()
    {
        await using var server = await PageServer.StartAsync(new Shown(1_000));
        await using var page = await OpenAsync(server);

        await page.RunAsync("await page.keyboard.press('/'); await page.keyboard.type('10.0.1.4'); ");
        await page.UntilAsync("document.getElementById('found').textContent === '11 found'");
        await page.RunAsync("await page.getByRole('button', { name: 'Peer' }).focus(); await page.keyboard.press('Enter')");
        await page.UntilAsync("document.querySelector('[aria-sort=ascending]').textContent === 'Peer' && document.querySelector('.body [aria-rowindex=\"2\"]').data.id === 260");
        await page.RunAsync("await page.getByRole('link', { name: '10.0.1.4:6881' }).focus(); await page.keyboard.press('Enter')");
        await page.UntilAsync("document.getElementById('one-title').textContent === 'Connection 260 with 10.0.1.4:6881' && document.querySelector('#events li')");
        await page.RunAsync("await page.keyboard.press('Escape')");
        await page.UntilAsync("!document.getElementById('list').hidden && document.activeElement.id === 'table'");
        Assert.Empty(await page.CloseAsync());
    }

    [BrowserFact]
    public async Task One_connection_has_a_page_with_its_charts_and_what_happened_to_it()
    {
        await using var server = await PageServer.StartAsync(new Shown(20));
        await using var page = await OpenAsync(server, "#/c/10");

        await page.UntilAsync("[...document.querySelectorAll('#events li span')].some(event => event.textContent === '1 packet lost, as later ones showed (RACK)')");
        Assert.Contains("Delay: round trip: 20.0 ms", (string?)await page.RunAsync("return page.getAttribute('figure:nth-child(2) svg', 'aria-label')"), StringComparison.Ordinal);
        Assert.Empty(await page.CloseAsync());
    }

    [BrowserFact]
    public async Task A_page_that_is_paused_stands_still_and_goes_on_when_it_is_asked_to()
    {
        await using var server = await PageServer.StartAsync(new Shown(10));
        await using var page = await OpenAsync(server);

        await page.RunAsync("await page.getByRole('button', { name: 'Pause' }).click()");
        // Frames still come, and have no effect: what was on its way when it was paused has come with the first of them.
        const string Frames = "await page.evaluate(count => new Promise(done => { let n = 0; const source = new EventSource('events?'); source.addEventListener('frame', () => ++n === count && (source.close(), done())); }), args);";
        await page.RunAsync(Frames + "globalThis.before = await page.textContent('.body')", 2);
        await page.RunAsync(Frames, 3);
        Assert.True((bool)(await page.RunAsync("return globalThis.before === await page.textContent('.body')"))!);
        await page.RunAsync("await page.getByRole('button', { name: 'Pause' }).click(); await page.waitForFunction(before => document.querySelector('.body').textContent !== before, globalThis.before, { timeout: 60_000 })");
        Assert.Empty(await page.CloseAsync());
    }

    [BrowserFact]
    public async Task The_page_survives_a_restart_of_its_server()
    {
        await using var page = await browser.OpenAsync();
        int port;
        await using (var first = await PageServer.StartAsync(new Shown(10)))
        {
            port = first.Address.Port;
            await page.RunAsync("await page.goto(args)", first.Address);
            await page.UntilAsync(IsLive);
        }

        await page.UntilAsync("document.getElementById('status').textContent.startsWith('No answer')");
        await using var second = await PageServer.StartAsync(new Shown(17), port);
        await page.UntilAsync(IsLive + " && document.getElementById('all-live').textContent === '17'");
    }

    [BrowserFact]
    public async Task What_a_peer_says_stays_text()
    {
        const string Html = "<img src=x onerror=\"document.title='bitten'\"><script>document.title='bitten'</script>";
        var shown = new Shown(3) { Name = Html };
        shown.Ended.Add(Shown.End(100, new CloseReason(CloseCause.Reset, 7, Html), Html));
        await using var server = await PageServer.StartAsync(shown);
        await using var page = await OpenAsync(server, "#/ended");

        await page.UntilAsync("document.querySelector('.body [aria-rowindex=\"2\"]').data?.id === 100");
        await page.RunAsync("await page.getByRole('link', { name: '10.0.0.100:6881' }).click()");
        await page.UntilAsync("document.getElementById('one-end').textContent.includes('onerror')");
        await page.UntilAsync("document.querySelector('#events li').textContent.includes('onerror')");
        Assert.Equal(Html + " – uTP", (string?)await page.RunAsync("return page.title()"));
        Assert.Equal(0, (int)(await page.RunAsync("return page.locator('main img, main script, h1 img, h1 script').count()"))!);
        Assert.Empty(await page.CloseAsync());
    }

    [BrowserFact]
    public async Task The_page_says_why_it_sees_nothing()
    {
        var shown = new Shown(3);
        await using var server = await PageServer.StartAsync(shown);
        await using var page = await OpenAsync(server);
        shown.Problem = "the actor system has ended.";

        await page.UntilAsync("document.getElementById('problem').textContent === 'The connections cannot be seen: the actor system has ended.'");
    }

    [BrowserFact]
    public async Task The_page_asks_nobody_but_its_own_server()
    {
        await using var server = await PageServer.StartAsync(new Shown(3));
        await using var page = await browser.OpenAsync();

        await page.RunAsync("globalThis.asked = []; page.on('request', request => globalThis.asked.push(new URL(request.url()).host)); await page.goto(args)", server.Address);
        await page.UntilAsync(IsLive);
        Assert.Equal((string[])[server.Address.Authority], (await page.RunAsync("return [...new Set(globalThis.asked)]")).Deserialize<string[]>()!);
    }

    [BrowserFact]
    public async Task Another_site_can_neither_read_the_page_nor_frame_it()
    {
        await using var server = await PageServer.StartAsync(new Shown(3));
        await using var other = await PageServer.StartAsync(new Shown(3));
        await using var page = await OpenAsync(other);

        // The page's own policy would stop the attempt before the guard can.
        await page.RunAsync("await context.newPage().then(async evil => { globalThis.evil = evil; await evil.route('**/evil', route => route.fulfill({ contentType: 'text/html', body: '<iframe></iframe>' })); await evil.goto(args + 'evil'); })", other.Address);
        Assert.Equal("TypeError", (string?)await page.RunAsync("return globalThis.evil.evaluate(url => fetch(url + 'events').then(() => 'read', error => error.name), args)", server.Address));
        Assert.Equal("refused", (string?)await page.RunAsync(
            "return globalThis.evil.evaluate(url => new Promise(done => { const source = new EventSource(url + 'events'); source.onopen = () => done('read'); source.onerror = () => source.readyState === 2 && done('refused'); }), args)", server.Address));
        await page.RunAsync("await globalThis.evil.evaluate(url => new Promise(done => { const frame = document.querySelector('iframe'); frame.onload = done; frame.src = url; }), args)", server.Address);
        Assert.DoesNotContain("uTP", (string?)await page.RunAsync("return globalThis.evil.frames()[1].evaluate(() => document.body?.textContent ?? '').catch(() => 'refused')") ?? "", StringComparison.Ordinal);
    }

    [BrowserTheory]
    [InlineData("light", 1280)]
    [InlineData("dark", 1280)]
    [InlineData("light", 360)]
    [InlineData("dark", 360)]
    public async Task Axe_finds_nothing_to_complain_of_and_nothing_is_wider_than_the_screen(string scheme, int width)
    {
        var shown = new Shown(200);
        shown.Ended.Add(Shown.End(1_000, new CloseReason(CloseCause.Reset, 7), "the peer reset it."));
        await using var server = await PageServer.StartAsync(shown);
        await using var page = await browser.OpenAsync(new { colorScheme = scheme, viewport = new { width, height = 800 } });

        foreach (var route in (string[])["#/", "#/ended", "#/c/10", "#/c/1000"])
        {
            await page.RunAsync("await page.goto(args)", server.Address + route);
            await page.UntilAsync(route.Contains('c') ? "document.querySelector('#events li')" : IsLive);
            var found = await page.RunAsync(
                "await page.evaluate(axe); return (await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }))).violations.map(found => found.id + ': ' + found.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | '))");
            Assert.Empty(found.Deserialize<string[]>()!);
            Assert.True((bool)(await page.RunAsync("return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)"))!, $"{route} is wider than {width} pixels.");
        }
    }

    private async Task<BrowserPage> OpenAsync(UtpDashboardServer server, string route = "")
    {
        var page = await browser.OpenAsync();
        await page.RunAsync("await page.goto(args)", server.Address + route);
        await page.UntilAsync(route.StartsWith("#/c", StringComparison.Ordinal) ? "document.getElementById('status').textContent === 'Live'" : IsLive);
        return page;
    }
}
