using Utp.Links.Agents;

namespace Utp.Links;

/// <summary>A link with an agent on each host: what a measurement or a test needs.</summary>
public sealed class LinkedHosts : IAsyncDisposable
{
    private static readonly TimeSpan ReceiverPatience = TimeSpan.FromSeconds(30);

    private LinkedHosts(RealLink link, Agent left, Agent right) => (Link, Left, Right) = (link, left, right);

    public RealLink Link { get; }

    /// <summary>Sends.</summary>
    public Agent Left { get; }

    /// <summary>Receives.</summary>
    public Agent Right { get; }

    public static LinkedHosts Start(RealLinkOptions options)
    {
        var link = RealLink.Lay(options);
        return new LinkedHosts(link, Agent.Start((program, arguments) => link.OnLeft(program, arguments)), Agent.Start((program, arguments) => link.OnRight(program, arguments)));
    }

    /// <summary>Moves bytes from left to right, in one connection, and waits until it is over at both ends.</summary>
    /// <param name="plan">Its address, when there is none, is the right host's IPv4 address.</param>
    /// <param name="patience">After so long the connection is stopped, and told of as it stands.</param>
    public async Task<TransferResult> TransferAsync(TransferPlan plan, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(plan);
        plan = plan.Address.Length > 0 ? plan : plan with { Address = RealLink.RightAddress.ToString() };
        var (receiving, port) = await Right.ListenAsync(plan).ConfigureAwait(false);
        var (sending, end) = Left.Send(plan with { Port = port });
        var hung = await Task.WhenAny(end, Task.Delay(patience)).ConfigureAwait(false) != end;
        if (hung)
            await Left.StopAsync(sending).ConfigureAwait(false);
        var sent = await end.ConfigureAwait(false);
        var received = await Right.ReadAsync(receiving).ConfigureAwait(false);
        if (!hung && sent.Cause.Length == 0)
            received = await EndOfAsync(receiving).ConfigureAwait(false);
        await Left.StopAsync(sending).ConfigureAwait(false);
        await Right.StopAsync(receiving).ConfigureAwait(false);
        return new TransferResult(sent, received.Count > 0 ? received[0] : new FlowReport(), hung);
    }

    // What the sender has seen end may not end at the receiver: then it stands as it is.
    private async Task<IReadOnlyList<FlowReport>> EndOfAsync(long receiving)
    {
        try
        {
            return await Right.AwaitAsync(receiving).WaitAsync(ReceiverPatience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return await Right.ReadAsync(receiving).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Left.DisposeAsync().ConfigureAwait(false);
        await Right.DisposeAsync().ConfigureAwait(false);
        Link.Dispose();
    }
}

/// <summary>How a transfer went.</summary>
/// <param name="Sent">At the sender.</param>
/// <param name="Received">At the receiver.</param>
/// <param name="Hung">Whether it was stopped because it took longer than there was patience.</param>
public sealed record TransferResult(FlowReport Sent, FlowReport Received, bool Hung)
{
    /// <summary>Whether all bytes arrived, and rightly, and both ends ended properly.</summary>
    public bool IsComplete => !Hung && Sent.Cause.Length == 0 && Received is { Intact: true, Ended: true, Cause.Length: 0 } && Received.Bytes == Sent.Bytes;

    /// <summary>From the start of connecting to the last byte at the receiver.</summary>
    public double Seconds => (Received.LastNanos - Sent.StartedNanos) / 1e9;

    /// <summary>Payload.</summary>
    public double MegabitsPerSecond => Received.Bytes == 0 ? 0 : Received.Bytes * 8 / 1e6 / Seconds;
}
