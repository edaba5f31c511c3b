using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// A connection of a <see cref="SimulatedEndpoint"/>: the core, its user, and its place in virtual time. The user's commands
/// take effect at once; what they cause leaves together at the end of the current instant.
/// </summary>
public sealed class SimulatedConnection : IEventHandler
{
    private readonly SimulatedEndpoint _endpoint;
    private readonly List<InboundPacket> _batch = [];
    private Instant _wakeAt = Instant.Never;
    private long _wakeGeneration;

    internal SimulatedConnection(SimulatedEndpoint endpoint, UdpPath path, IConnectionUser user)
    {
        _endpoint = endpoint;
        Path = path;
        User = user;
    }

    /// <summary>The end point it belongs to.</summary>
    public SimulatedEndpoint Endpoint => _endpoint;

    /// <summary>Its peer, and the address of ours that the peer uses.</summary>
    public UdpPath Path { get; }

    /// <summary>Who hears its events.</summary>
    public IConnectionUser User { get; set; }

    /// <summary>The protocol's own state machine. Read it; commands go through this object, which drains what they cause.</summary>
    public UtpConnection Core { get; internal set; } = null!;

    /// <summary>Whether it is over and forgotten by its end point.</summary>
    public bool IsForgotten { get; internal set; }

    /// <summary>As the router gave it, and knows the connection by.</summary>
    internal ConnectionSeed Seed { get; set; }

    internal bool IsConfirmed { get; set; }

    internal bool IsTouched { get; set; }

    internal bool WaitsForSocket { get; set; }

    /// <summary>Writes <paramref name="data"/>, whose memory must not change until it is delivered or the connection ends.</summary>
    public WriteResult Write(ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> metadata = default)
    {
        var result = Core.Write(data, metadata, _endpoint.LocalNow);
        _endpoint.Touch(this);
        return result;
    }

    /// <summary>Closes both directions after a flush.</summary>
    public void Close(ushort? code = null)
    {
        Core.Close(_endpoint.LocalNow, code);
        _endpoint.Touch(this);
    }

    /// <summary>Closes our direction after a flush.</summary>
    public void CloseWrite(ushort? code = null)
    {
        Core.CloseWrite(_endpoint.LocalNow, code);
        _endpoint.Touch(this);
    }

    /// <summary>Ends at once.</summary>
    public void Abort(ushort? code = null)
    {
        Core.Abort(_endpoint.LocalNow, code);
        _endpoint.Touch(this);
    }

    /// <summary>Leaves received data in the connection.</summary>
    public void SuspendReading()
    {
        Core.SuspendReading();
        _endpoint.Touch(this);
    }

    /// <summary>Takes received data again.</summary>
    public void ResumeReading()
    {
        Core.ResumeReading(_endpoint.LocalNow);
        _endpoint.Touch(this);
    }

    internal void AddToBatch(in InboundPacket packet) => _batch.Add(packet);

    internal void HandleBatch(Instant now)
    {
        if (_batch.Count == 0)
            return;
        Core.HandleBatch(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_batch), now);
        _batch.Clear();
    }

    /// <summary>Arms the wake-up for the core's next deadline, if it is earlier than the one that is armed.</summary>
    internal void ArmDeadline(Instant simulationTime)
    {
        if (simulationTime >= _wakeAt)
            return;
        _wakeAt = simulationTime;
        _endpoint.Simulator.Schedule(simulationTime, this, ++_wakeGeneration);
    }

    void IEventHandler.OnEvent(long tag)
    {
        if (tag != _wakeGeneration || IsForgotten)
            return;
        _wakeAt = Instant.Never;
        _endpoint.OnDeadline(this);
    }
}
