using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// A user that writes one planned stream and checks another: the two ends of a transfer are two of them with their plans
/// exchanged. Any broken promise (a byte wrong, an event after the end, a write delivered that was never made) is thrown
/// as <see cref="SimulationViolationException"/> where it is seen.
/// </summary>
public sealed class TransferUser : IConnectionUser
{
    private readonly string _name;
    private readonly TransferPlan _send;
    private readonly TransferPlan _receive;
    private readonly Simulator _simulator;
    private readonly Prng _random;
    private readonly ReceivedChecker _checker;
    private readonly Queue<byte[]> _undelivered = new();
    private readonly Stack<byte[]> _buffers = new();
    private SimulatedConnection? _connection;
    private long _writes;
    private bool _resting;
    private bool _ended;

    /// <summary>Creates a user.</summary>
    /// <param name="simulator">Whose time the pauses are made of.</param>
    /// <param name="name">For messages.</param>
    /// <param name="send">What it writes.</param>
    /// <param name="receive">What it expects to read.</param>
    public TransferUser(Simulator simulator, string name, TransferPlan send, TransferPlan receive)
    {
        ArgumentNullException.ThrowIfNull(simulator);
        _simulator = simulator;
        _random = simulator.CreateRandom();
        _name = name;
        _send = send;
        _receive = receive;
        _checker = new ReceivedChecker(receive);
    }

    /// <summary>The connection, once it has had its first event.</summary>
    public SimulatedConnection? Connection => _connection;

    /// <summary>Bytes that the connection has taken.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Bytes that have arrived, all of them right.</summary>
    public long BytesReceived => _checker.Bytes;

    /// <summary>Writes of which the delivery was reported.</summary>
    public long WritesDelivered { get; private set; }

    /// <summary>When the connection was established, by the simulation's clock.</summary>
    public Instant? ConnectedAt { get; private set; }

    /// <summary>When the last byte expected arrived.</summary>
    public Instant? ReceivedAllAt { get; private set; }

    /// <summary>Whether the peer's end of stream was reached.</summary>
    public bool PeerFinished { get; private set; }

    /// <summary>Why the connection ended; null while it has not.</summary>
    public CloseReason? Closed { get; private set; }

    /// <summary>Whether all was written, delivered and received.</summary>
    public bool IsComplete => _checker.IsComplete && BytesWritten == _send.Bytes && WritesDelivered == _writes;

    /// <summary>What is to be offered on the ST_SYN: the first write, if the plan says so. Call before <see cref="SimulatedEndpoint.Connect"/>, once.</summary>
    public ReadOnlyMemory<byte> TakeInitialData() => _send.SynBytes > 0 ? NextWrite() : default;

    /// <inheritdoc/>
    public void OnEvent(SimulatedConnection connection, in ConnectionEvent connectionEvent)
    {
        if (Closed is not null)
            throw Violation($"{connectionEvent.Kind} came after Closed");
        _connection = connection;
        switch (connectionEvent.Kind)
        {
            case ConnectionEventKind.Connected:
                OnConnected();
                break;
            case ConnectionEventKind.Received:
                OnReceived(connectionEvent.Data.Span, connectionEvent.Metadata.Span);
                break;
            case ConnectionEventKind.PeerFinished:
                OnPeerFinished();
                break;
            case ConnectionEventKind.WritesDelivered:
                OnDelivered(connectionEvent.Count);
                break;
            case ConnectionEventKind.Closed:
                Closed = connectionEvent.Reason;
                break;
        }
    }

    private void OnConnected()
    {
        if (ConnectedAt is not null)
            throw Violation("Connected came twice");
        ConnectedAt = _simulator.Now;
        if (BytesReceived == _receive.Bytes)
            ReceivedAllAt = _simulator.Now;
        WriteMore();
    }

    private void OnReceived(ReadOnlySpan<byte> data, ReadOnlySpan<byte> metadata)
    {
        if (ConnectedAt is null)
            throw Violation("data came before Connected");
        if (PeerFinished)
            throw Violation("data came after the peer's end of stream");
        if (_checker.Check(data, metadata) is { } wrong)
            throw Violation(wrong);
        if (_checker.IsComplete)
        {
            ReceivedAllAt ??= _simulator.Now;
            EndWhenDone();
        }

        if (_random.Chance(_receive.ReaderStops))
        {
            _connection!.SuspendReading();
            _simulator.After(_receive.ReaderStopMicros, () => WhileOpen(static c => c.ResumeReading()));
        }
    }

    private void OnPeerFinished()
    {
        if (PeerFinished)
            throw Violation("the peer's end of stream came twice");
        if (!_checker.IsComplete)
            throw Violation($"the peer's end of stream came at {BytesReceived} of {_receive.Bytes} bytes");
        PeerFinished = true;
    }

    private void OnDelivered(long count)
    {
        if (count <= WritesDelivered || count > _writes)
            throw Violation($"{count} writes are reported delivered, after {WritesDelivered} and of {_writes}");
        for (; WritesDelivered < count; WritesDelivered++)
            _buffers.Push(_undelivered.Dequeue());
        WriteMore();
    }

    private void WriteMore()
    {
        while (!_resting && !_ended && BytesWritten < _send.Bytes)
        {
            var bytes = _send.WriteBytes(_writes, BytesWritten);
            if (_connection!.Core.BufferedBytes > 0 && _connection.Core.BufferedBytes + bytes > _send.MaxBufferedBytes)
                return;
            if (_send.End == TransferEnd.Abort && BytesWritten >= _send.AbortAfterBytes)
            {
                End(static c => c.Abort());
                return;
            }

            if (!TryWriteNext())
                return;
            if (_random.Chance(_send.WriterRests))
                Rest();
        }

        if (BytesWritten == _send.Bytes)
            EndWhenWritten();
    }

    private bool TryWriteNext()
    {
        var metadata = _send.Metadata(_writes);
        var data = NextWrite();
        var result = _connection!.Write(data, metadata);
        if (result == WriteResult.Accepted)
            return true;
        if (result is not (WriteResult.BufferFull or WriteResult.Closing))
            throw Violation($"a write of {data.Length} bytes was answered with {result}");
        UndoNextWrite(data.Length);
        return false;
    }

    private ReadOnlyMemory<byte> NextWrite()
    {
        var bytes = _send.WriteBytes(_writes, BytesWritten);
        if (bytes == 0)
            return default;
        if (!_buffers.TryPop(out var buffer))
            buffer = GC.AllocateUninitializedArray<byte>(Math.Max(_send.MaxWriteBytes, _send.SynBytes));
        _send.Pattern.Fill(buffer.AsSpan(0, bytes), BytesWritten);
        _undelivered.Enqueue(buffer);
        BytesWritten += bytes;
        _writes++;
        return buffer.AsMemory(0, bytes);
    }

    private void UndoNextWrite(int bytes)
    {
        // The buffer that was refused stands last; the others are the connection's.
        for (var left = _undelivered.Count - 1; left > 0; left--)
            _undelivered.Enqueue(_undelivered.Dequeue());
        _buffers.Push(_undelivered.Dequeue());
        BytesWritten -= bytes;
        _writes--;
    }

    private void Rest()
    {
        _resting = true;
        _simulator.After(_send.WriterRestMicros, () =>
        {
            _resting = false;
            WhileOpen(_ => WriteMore());
        });
    }

    private void EndWhenWritten()
    {
        if (_send.End == TransferEnd.CloseWrite)
            End(static c => c.CloseWrite());
        else if (_send.End == TransferEnd.Abort)
            End(static c => c.Abort());
        else
            EndWhenDone();
    }

    private void EndWhenDone()
    {
        if (_send.End == TransferEnd.Close && BytesWritten == _send.Bytes && _checker.IsComplete)
            End(static c => c.Close());
    }

    private void End(Action<SimulatedConnection> how)
    {
        if (_ended)
            return;
        _ended = true;
        how(_connection!);
    }

    private void WhileOpen(Action<SimulatedConnection> action)
    {
        if (Closed is null && !_connection!.IsForgotten)
            action(_connection);
    }

    private SimulationViolationException Violation(string what) =>
        new($"{_name} at {_simulator.Now.Micros} µs: {what}");
}
