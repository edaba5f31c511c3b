using System.Net;
using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Utp.Dashboard.Tests;

/// <summary>What docs/observing.md shows.</summary>
public sealed class GuideTests
{
    [Fact]
    public async Task The_page_is_mapped_into_an_application()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(_ => ActorSystem.Create("mapped"));
        await using var app = builder.Build();
        #region map
        app.MapUtpDashboard("/utp");
        #endregion
        await app.StartAsync();
        using var client = new HttpClient();

        // The address without a slash leads to the one from which the page finds its files.
        using var page = await client.GetAsync(new Uri(app.Urls.First() + "/utp"));
        using var script = await client.GetAsync(new Uri(app.Urls.First() + "/utp/page.js"));

        Assert.EndsWith("/utp/", page.RequestMessage!.RequestUri!.AbsolutePath, StringComparison.Ordinal);
        Assert.Contains("<title>mapped – uTP</title>", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, script.StatusCode);
        await app.StopAsync();
        await app.Services.GetRequiredService<ActorSystem>().Terminate();
    }

    [Fact]
    public void A_program_without_an_actor_system_is_told_how_to_name_one()
    {
        var app = WebApplication.CreateSlimBuilder().Build();

        Assert.Contains("UtpDashboardOptions.ActorSystem", Assert.Throws<InvalidOperationException>(() => app.MapUtpDashboard()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_is_shown_by_a_program_that_is_no_web_application()
    {
        var system = ActorSystem.Create("served");
        const int port = 0;
        {
            #region server
            await using var page = await UtpDashboardServer.StartAsync(system, new IPEndPoint(IPAddress.Loopback, port));
            #endregion
            using var client = new HttpClient();
            Assert.Contains("<title>served – uTP</title>", await client.GetStringAsync(page.Address), StringComparison.Ordinal);
        }

        await system.Terminate();
    }
}
