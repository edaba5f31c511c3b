using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Utp.Dashboard;

/// <summary>
/// Who may see the page. A browser of this machine asks on behalf of any page that it shows: so a name that is not ours (DNS rebinding) and what another site asks for are
/// refused, whoever asks.
/// </summary>
internal sealed class RequestGuard(UtpDashboardOptions options)
{
    private readonly bool _allowRemote = options.AllowRemote;
    private readonly HashSet<string> _hosts = new(options.AllowedHosts, StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a request is refused, in a sentence; null: it is not.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="isPage">Whether it is the page itself, which holds no data, so that links may lead to it.</param>
    public string? Refusal(HttpRequest request, bool isPage)
    {
        // Without an address it came by no network.
        if (!_allowRemote && request.HttpContext.Connection.RemoteIpAddress is { } remote && !IPAddress.IsLoopback(remote))
            return "This page is for its own machine alone. Whoever runs the program can open it to others (AllowRemote, or --dashboard with an address of the network).";
        if (!IsOurName(request.Host.Host))
            return "This page is not known under that name. Open it by its address, or as localhost; whoever runs the program can allow other names (AllowedHosts).";
        return IsFromElsewhere(request, isPage) ? "Another site asked for this. Open the page itself." : null;
    }

    private bool IsOurName(string host)
    {
        if (_hosts.Contains(host) || host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return true;

        // An address in the place of a name cannot be pointed elsewhere.
        return IPAddress.TryParse(host.Trim('[', ']'), out var address) && (_allowRemote || IPAddress.IsLoopback(address));
    }

    private static bool IsFromElsewhere(HttpRequest request, bool isPage)
    {
        string? site = request.Headers["Sec-Fetch-Site"];
        if (site is not (null or "same-origin" or "none"))
            return !(isPage && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document");
        string? origin = request.Headers[HeaderNames.Origin];
        return origin is not null && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }
}
