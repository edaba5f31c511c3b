using System.Net;
using Microsoft.AspNetCore.Http;

namespace Utp.Dashboard.Tests;

/// <summary>Who may see the page, and who may not.</summary>
public sealed class GuardTests
{
    [Theory]
    [InlineData("localhost:8029")]
    [InlineData("LOCALHOST")]
    [InlineData("127.0.0.1:8029")]
    [InlineData("127.1.2.3")]
    [InlineData("[::1]:8029")]
    [InlineData("utp.example:8029")]
    public void Names_of_this_machine_and_those_that_are_allowed_are_answered(string host) => Assert.Null(Refusal(Request(host)));

    [Theory]
    [InlineData("")]
    [InlineData("evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("10.0.0.5:8029")]
    [InlineData("[fe80::1]")]
    [InlineData("utp.example.evil")]
    public void Any_other_name_is_refused_whoever_asks(string host) => Assert.Contains("not known under that name", Refusal(Request(host)), StringComparison.Ordinal);

    [Fact]
    public void Other_machines_are_refused_unless_they_are_allowed()
    {
        var request = Request("10.0.0.5:8029", from: "10.0.0.9");

        Assert.Contains("its own machine alone", Refusal(request), StringComparison.Ordinal);
        Assert.Null(Refusal(request, allowRemote: true));
        Assert.NotNull(Refusal(Request("evil.example", from: "10.0.0.9"), allowRemote: true));
    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    [InlineData("anything")]
    public void What_another_site_asks_for_is_refused_but_for_the_page_that_a_link_leads_to(string site)
    {
        var request = Request("localhost");
        request.Headers["Sec-Fetch-Site"] = site;
        Assert.Contains("Another site", Refusal(request), StringComparison.Ordinal);

        request.Headers["Sec-Fetch-Mode"] = "navigate";
        request.Headers["Sec-Fetch-Dest"] = "document";
        Assert.Null(Refusal(request, isPage: true));
        Assert.NotNull(Refusal(request));

        request.Headers["Sec-Fetch-Dest"] = "iframe";
        Assert.NotNull(Refusal(request, isPage: true));
    }

    [Theory]
    [InlineData("same-origin")]
    [InlineData("none")]
    public void What_the_page_itself_asks_for_is_answered(string site)
    {
        var request = Request("localhost:8029");
        request.Headers["Sec-Fetch-Site"] = site;
        request.Headers.Origin = "http://localhost:8029";
        Assert.Null(Refusal(request));
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData("http://localhost:1")]
    public void A_browser_that_tells_no_site_is_judged_by_the_origin(string origin)
    {
        var request = Request("localhost:8029");
        request.Headers.Origin = origin;
        Assert.NotNull(Refusal(request));
    }

    private static string? Refusal(HttpRequest request, bool allowRemote = false, bool isPage = false)
    {
        var options = new UtpDashboardOptions { AllowRemote = allowRemote };
        options.AllowedHosts.Add("utp.example");
        return new RequestGuard(options).Refusal(request, isPage);
    }

    private static HttpRequest Request(string host, string from = "127.0.0.1")
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(from);
        context.Request.Scheme = "http";
        context.Request.Host = new HostString(host);
        return context.Request;
    }
}
