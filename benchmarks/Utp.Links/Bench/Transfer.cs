using Utp.Links.Agents;

namespace Utp.Links;

/// <summary>One connection from an agent to another, from beginning to end.</summary>
public static class Transfer
{
    private static readonly TimeSpan ReceiverPatience = TimeSpan.FromSeconds(30);

    /// <summary>Moves bytes in one connection, and waits until it is over at both ends.</summary>
    /// <param name="sender">Connects and sends.</param>
    /// <param name="receiver">Accepts and checks.</param>
    /// <param name="plan">What; its address is the receiver's.</param>
    /// <param name="patience">After so long the connection is stopped, and told of as it stands.</param>
    public static async Task<TransferResult> RunAsync(Agent sender, Agent receiver, FlowPlan plan, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(sender);
        ArgumentNullException.ThrowIfNull(receiver);
        ArgumentNullException.ThrowIfNull(plan);
        var (receiving, port) = await receiver.ListenAsync(plan).ConfigureAwait(false);
        var (sending, end) = sender.Send(plan with { Port = port });
        var hung = await Task.WhenAny(end, Task.Delay(patience)).ConfigureAwait(false) != end;
        if (hung)
            await sender.StopAsync(sending).ConfigureAwait(false);
        var sent = await end.ConfigureAwait(false);
        var received = !hung && sent.Cause.Length == 0 ? await EndOfAsync(receiver, receiving).ConfigureAwait(false) : await receiver.ReadAsync(receiving).ConfigureAwait(false);
        await sender.StopAsync(sending).ConfigureAwait(false);
        await receiver.StopAsync(receiving).ConfigureAwait(false);
        return new TransferResult(sent, received.Count > 0 ? received[0] : new FlowReport(), hung);
    }

    // What the sender has seen end may not end at the receiver: then it stands as it is.
    private static async Task<IReadOnlyList<FlowReport>> EndOfAsync(Agent receiver, long receiving)
    {
        try
        {
            return await receiver.AwaitAsync(receiving).WaitAsync(ReceiverPatience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return await receiver.ReadAsync(receiving).ConfigureAwait(false);
        }
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
