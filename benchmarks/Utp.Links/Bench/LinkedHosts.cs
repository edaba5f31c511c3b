using Utp.Links.Agents;

namespace Utp.Links;

/// <summary>A link with an agent on each host: what a measurement or a test needs.</summary>
public sealed class LinkedHosts : IAsyncDisposable
{
    private readonly Agent _left;
    private readonly Agent _right;

    private LinkedHosts(RealLink link)
    {
        Link = link;
        _left = Agent.Start(link.OnLeft);
        _right = Agent.Start(link.OnRight);
    }

    public RealLink Link { get; }

    /// <summary>Sends.</summary>
    public Agent Left => _left;

    /// <summary>Receives.</summary>
    public Agent Right => _right;

    public static LinkedHosts Start(RealLinkOptions options) => new(RealLink.Lay(options));

    /// <summary>Moves bytes from left to right: <see cref="Transfer.RunAsync"/>.</summary>
    /// <param name="plan">Its address, when there is none, is the right host's IPv4 address.</param>
    /// <param name="patience">After so long the connection is stopped, and told of as it stands.</param>
    public Task<TransferResult> TransferAsync(FlowPlan plan, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Transfer.RunAsync(_left, _right, plan.Address.Length > 0 ? plan : plan with { Address = RealLink.RightAddress.ToString() }, patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _left.DisposeAsync().ConfigureAwait(false);
        await _right.DisposeAsync().ConfigureAwait(false);
        Link.Dispose();
    }
}
