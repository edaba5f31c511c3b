namespace Utp.Sockets;

/// <summary>A run of datagrams where the kernel does not take it as one: sent one by one, until one is not taken.</summary>
internal static class SingleSends
{
    /// <inheritdoc cref="IDatagramChannel.SendBurst"/>
    public static int Send(IDatagramChannel channel, in UdpPath path, ReadOnlySpan<byte> payload, int segmentSize, bool dontFragment, out SendStatus status)
    {
        var sent = 0;
        do
        {
            var length = Math.Min(segmentSize, payload.Length);
            status = channel.Send(path, payload[..length], length, dontFragment);
            if (status != SendStatus.Sent)
                return sent;
            payload = payload[length..];
            sent++;
        }
        while (!payload.IsEmpty);
        return sent;
    }
}
