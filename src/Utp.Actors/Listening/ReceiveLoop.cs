using Akka.Actor;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// The receive path of one socket: read a batch, route each datagram, tell each connection once, tell the listener the rest. Runs on a thread of
/// its own where the channel lets a thread wait, on the channel's thread for the port of a single connection, and otherwise on the listener's turns
/// (design note 11). One of them at a time.
/// </summary>
internal sealed class ReceiveLoop : IDatagramChannelObserver
{
    // A turn on somebody else's thread is bounded: commands, and other ports, wait behind it.
    private const int MaxReadsPerTurn = 8;

    // Long enough to see who is active, short against the time that a window takes to fill the buffer again.
    private const int ReadsPerDropCheck = 32;

    // What was routed is told while the table is locked, so that a connection's last message stays its last.
    private readonly SharedTable _table;
    private readonly IDatagramChannel _channel;
    private readonly ReceiveMemory _memory;
    private readonly IActorRef _listener;
    private readonly ReceiveBatch _batch;
    private readonly InboundBatchPool _batches = new();
    private readonly List<ConnectionHandle> _touched = [];
    private readonly WindowShare _windowShare;
    private readonly StrayQueue _strays;
    private readonly StatelessAnswers _answers = new();
    private readonly bool _tellsLocalAddress;
    private readonly ReceiveMode _mode;
    private readonly bool _isForSyns;
    private readonly LimitLog _limitLog;
    private readonly ManualResetEventSlim? _memoryFree;
    private readonly Action _onMemoryFree;
    private int _reads;
    private int _period;
    private int _active;
    private long _truncated;
    private long _windowLimit;
    private volatile bool _isStopped;

    public ReceiveLoop(SharedTable table, IDatagramChannel channel, ReceiveMemory memory, int batchDatagrams, StrayQueue strays, ReceiveMode mode, bool isForSyns, LimitLog limitLog, IActorRef listener)
    {
        _table = table;
        _channel = channel;
        _memory = memory;
        _listener = listener;
        _strays = strays;
        _mode = mode;
        _isForSyns = isForSyns;
        _limitLog = limitLog;
        _batch = new ReceiveBatch(batchDatagrams, memory.Pool);
        _windowShare = new WindowShare(channel.ReceiveBufferBytes, Clock.Now);
        _windowLimit = _windowShare.Bytes;
        _tellsLocalAddress = TellsLocalAddress(channel);
        _memoryFree = mode == ReceiveMode.OwnThread ? new ManualResetEventSlim() : null;
        _onMemoryFree = OnMemoryFree;
    }

    /// <summary>Bytes of the largest stateless answer.</summary>
    public const int LargestAnswerBytes = StatelessAnswer.LargestBytes;

    /// <summary>Datagrams that were longer than the space for them.</summary>
    public long Truncated => Interlocked.Read(ref _truncated);

    /// <summary>What the socket's buffer leaves for each connection's receive window, in bytes.</summary>
    public long WindowLimit => Interlocked.Read(ref _windowLimit);

    /// <summary>Only a wildcard socket has several addresses to answer from.</summary>
    public static bool TellsLocalAddress(IDatagramChannel channel) =>
        UdpEndPoint.From(channel.LocalEndPoint).IsAny && (channel.Features & DatagramChannelFeatures.LocalAddress) != 0;

    /// <summary>Begins to read. Ends when the channel is closed.</summary>
    public void Start()
    {
        _channel.SetObserver(this);
        if (_mode == ReceiveMode.OwnThread)
            new Thread(Run) { IsBackground = true, Name = $"utp-receive-{_channel.LocalEndPoint.Port}" }.Start();
        else
            _channel.RequestReadable();
    }

    /// <summary>The channel is closed: nobody waits for memory any more.</summary>
    public void Stop()
    {
        _isStopped = true;
        _memoryFree?.Set();
    }

    /// <summary>Reads for a turn of the listener.</summary>
    public void Turn()
    {
        for (var i = 0; i < MaxReadsPerTurn; i++)
        {
            switch (Read())
            {
                case ReceiveStatus.Drained:
                    _channel.RequestReadable();
                    return;
                case ReceiveStatus.NoMemory:
                    // Until connections give memory back the kernel keeps what it can, and drops the rest.
                    _memory.NotifyWhenAvailable(_onMemoryFree);
                    return;
                case ReceiveStatus.Closed:
                    return;
            }
        }

        if (_mode == ReceiveMode.ListenerTurns)
            _listener.Tell(Readable.Instance, ActorRefs.NoSender);
        else
            _channel.RequestReadable();
    }

    void IDatagramChannelObserver.OnReadable()
    {
        if (_mode == ReceiveMode.ListenerTurns)
            _listener.Tell(Readable.Instance, ActorRefs.NoSender);
        else
            Guard(Turn);
    }

    void IDatagramChannelObserver.OnWritable() => _listener.Tell(Writable.Instance, ActorRefs.NoSender);

    void IDatagramChannelObserver.OnFailed(Exception cause) => _listener.Tell(new ChannelFailed(cause), ActorRefs.NoSender);

    void IDatagramChannelObserver.OnPathError(in UdpPath path, SendStatus error, int pathMtu) => PathErrors.Tell(_listener, path, error, pathMtu);

    void IDatagramChannelObserver.OnPathError(in UdpPath path, SendStatus error, int pathMtu, ReadOnlySpan<byte> quoted) =>
        PathErrors.Tell(_listener, _table, KeyOf(path), error, pathMtu, quoted);

    private void Run()
    {
        // A flood of ST_SYNs must not take the processor from who reads transfers.
        if (_isForSyns)
            BackgroundThread.Enter();
        Guard(() =>
        {
            while (_channel.WaitReadable() && ReadAll())
            {
            }
        });
        _batch.Clear();
    }

    /// <returns>Whether the channel is still open.</returns>
    private bool ReadAll()
    {
        while (true)
        {
            switch (Read())
            {
                case ReceiveStatus.Drained:
                    return true;
                case ReceiveStatus.NoMemory:
                    _memoryFree!.Reset();
                    _memory.NotifyWhenAvailable(_onMemoryFree);
                    if (!_isStopped)
                        _memoryFree.Wait();
                    break;
                case ReceiveStatus.Closed:
                    return false;
            }
        }
    }

    // A defect here is the listener's end, not the process's: it tells its users and its connections.
    private void Guard(Action action)
    {
        try
        {
            action();
        }
#pragma warning disable CA1031 // Whatever was thrown, this port alone must end.
        catch (Exception e)
#pragma warning restore CA1031 // See above.
        {
            _listener.Tell(new ChannelFailed(e), ActorRefs.NoSender);
        }
    }

    private void OnMemoryFree()
    {
        switch (_mode)
        {
            case ReceiveMode.OwnThread:
                _memoryFree!.Set();
                break;
            case ReceiveMode.ChannelThread:
                _channel.RequestReadable();
                break;
            default:
                _listener.Tell(Readable.Instance, ActorRefs.NoSender);
                break;
        }
    }

    private ReceiveStatus Read()
    {
        var status = _channel.Receive(_batch);
        if (_batch.Count > 0)
            Dispatch();
        _batch.Clear();
        return status;
    }

    private void Dispatch()
    {
        lock (_table.Gate)
        {
            foreach (ref readonly var datagram in _batch.Datagrams)
            {
                if (datagram.Truncated)
                    Interlocked.Increment(ref _truncated);
                else
                    Route(datagram);
            }

            _table.Batches += _touched.Count;
            var limit = WindowLimit;
            foreach (var handle in _touched)
            {
                var pending = handle.Pending!;
                handle.Pending = null;
                pending.WindowLimit = limit;
                handle.Actor.Tell(pending, ActorRefs.NoSender);
            }
        }

        _strays.TellIfAny(_listener);
        _answers.Send(_channel, _limitLog);
        CheckDrops();
        _touched.Clear();
    }

    // The kernel may have merged datagrams of equal size into one; they are of one path, and nearly always of one connection.
    private void Route(in ReceivedDatagram datagram)
    {
        var path = KeyOf(datagram.Path);
        var arrival = new Instant(datagram.ArrivalMicros);
        var hint = default(RouteHint<ConnectionHandle>);
        for (var offset = 0; offset < datagram.Length; offset += datagram.SegmentSize)
        {
            var bytes = datagram.Slab.Array.AsMemory(datagram.Offset + offset, Math.Min(datagram.SegmentSize, datagram.Length - offset));
            if (_table.Router.TryDeliver(bytes.Span, path, ref hint, out var packet))
                Append(hint.Found!, new InboundPacket(packet, bytes, arrival), datagram.Slab);
            else if (packet.Header.Type != PacketType.Syn || !_answers.TryAnswer(_table.Router, path, packet, bytes.Span, arrival))
                _strays.Add(new Stray(datagram.Path, path, bytes.ToArray(), arrival));
        }
    }

    private UdpPath KeyOf(in UdpPath path) => _tellsLocalAddress ? path : path with { LocalAddress = default };

    private void Append(ConnectionHandle handle, in InboundPacket packet, DatagramSlab slab)
    {
        if (handle.Pending is null)
        {
            handle.Pending = _batches.Rent();
            _touched.Add(handle);
            if (handle.ActivePeriod != _period)
            {
                handle.ActivePeriod = _period;
                _active++;
            }
        }

        handle.Pending.Add(packet, slab);
    }

    private void CheckDrops()
    {
        // Lost ST_SYNs say nothing of the windows.
        if (_isForSyns || ++_reads < ReadsPerDropCheck)
            return;
        _windowShare.OnDrops(_channel.ReceiveDrops, _active, Clock.Now);
        Interlocked.Exchange(ref _windowLimit, _windowShare.Bytes);
        _reads = 0;
        _active = 0;
        _period++;
    }
}

/// <summary>Where a <see cref="ReceiveLoop"/> runs.</summary>
internal enum ReceiveMode
{
    /// <summary>On turns of the listener.</summary>
    ListenerTurns,

    /// <summary>On the thread on which the channel reports.</summary>
    ChannelThread,

    /// <summary>On a thread of its own.</summary>
    OwnThread,
}

/// <summary>The table of a port's connections, shared by its listener and its receive loops: used under <see cref="Gate"/> only.</summary>
internal sealed class SharedTable(DatagramRouter<UdpPath, ConnectionHandle> router)
{
    /// <summary>1: an <see cref="UnquotedErrorReport"/> is on its way to the listener. One at a time, however many are forged.</summary>
    public int UnquotedErrorTold;

    /// <summary>Messages of the receive loops to connections.</summary>
    public long Batches;

    public Lock Gate { get; } = new();

    public DatagramRouter<UdpPath, ConnectionHandle> Router { get; } = router;
}
