using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// A long TCP transfer as other traffic: the model's sender and receiver on two machines of a simulated network. See
/// <see cref="TcpSender"/> for what the model has and has not.
/// </summary>
public sealed class TcpFlow
{
    private readonly TcpSender _sender;
    private readonly TcpReceiver _receiver;

    /// <summary>Creates both ends and gives them their addresses.</summary>
    /// <exception cref="ArgumentException">An address is in use.</exception>
    public TcpFlow(SimulatedNetwork network, UdpEndPoint sender, UdpEndPoint receiver, TcpLaw law)
    {
        ArgumentNullException.ThrowIfNull(network);
        _sender = new TcpSender(network, sender, receiver, TcpWindow.Create(law));
        _receiver = new TcpReceiver(network, receiver);
        if (!network.TryAttach(sender, _sender) || !network.TryAttach(receiver, _receiver))
            throw new ArgumentException("An address of the TCP flow is in use.", nameof(sender));
    }

    /// <summary>IP bytes of data that arrived and was new.</summary>
    public long ArrivedIPBytes => _receiver.NewSegments * TcpSegment.DataWireBytes;

    /// <summary>Segments that were sent again.</summary>
    public long Retransmissions => _sender.Retransmissions;

    /// <summary>Retransmission time-outs.</summary>
    public long Timeouts => _sender.Timeouts;

    /// <summary>The congestion window, segments.</summary>
    public double WindowSegments => _sender.WindowSegments;

    /// <summary>Sends from now on, without end.</summary>
    public void Start() => _sender.Start();

    /// <summary>Sends nothing more, not even again.</summary>
    public void Stop() => _sender.Stop();
}
