using Akka.Actor;
using Google.Protobuf;
using Utp.Messages;

namespace Utp.Remote;

/// <summary>Who a lane belongs to, once its hello is read.</summary>
internal interface ILaneOwner
{
    /// <summary>The acceptor has answered: the lane carries frames.</summary>
    void OnLaneReady(Lane lane, Hello answer);

    /// <summary>A frame has arrived, in the order of its lane.</summary>
    /// <returns>False: it must wait, and the lane with it, until <see cref="Lane.GoOn"/>.</returns>
    bool OnFrame(Lane lane, in Frame frame);

    /// <summary>The peer sends nothing more on it, and all that it sent was handed over.</summary>
    void OnLaneFinished(Lane lane);

    /// <summary>It is over, or could not be opened.</summary>
    /// <param name="lane">Which one.</param>
    /// <param name="cause">What happened, in one sentence; null: it was closed in order.</param>
    /// <param name="exception">The exception behind it, if there was one.</param>
    void OnLaneOver(Lane lane, string? cause, Exception? exception);
}

/// <summary>
/// One connection of an association: frames go out through its queue, and what arrives is cut into frames and handed over on the thread that brings it. Reading waits until its owner lets
/// it go on.
/// </summary>
internal sealed class Lane : ILinkUser
{
    private readonly object _inbound = new();
    private readonly Queue<Received> _waiting = new();
    private readonly Func<Lane, Hello, ILaneOwner?>? _findOwner;
    private Action<Lane, string>? _onStrangerFailed;
    private readonly byte[] _hello = new byte[Hello.Length];
    private readonly ILink _link;
    private readonly UtpTransportSettings _settings;
    private Action? _connect;
    private ILaneOwner? _owner;
    private FrameParser? _parser;
    private Frame _held;
    private int _helloBytes;
    private int _offset;
    private uint _framesOut;
    private bool _carriesFrames;
    private bool _isHeld;
    private bool _keepsFirst;
    private bool _goesOn;
    private bool _suspended;
    private bool _peerFinished;
    private bool _finishTold;
    private bool _over;

    private Lane(ActorSystem system, UtpTransportSettings settings, int maxToldBytes, string? host, Func<Lane, Hello, ILaneOwner?>? findOwner)
    {
        _findOwner = findOwner;
        _settings = settings;
        Queue = new ByteQueue(new RateMeter(settings.HighWaterBytes, settings.LowWaterBytes), maxToldBytes);
        if (settings.Tls is not { } tls)
            _link = new ActorLink(system, this, Queue);
        else if (host is not null)
            _link = new TlsLink(system, this, Queue, maxToldBytes, (stream, cancel) => stream.AuthenticateAsClientAsync(tls.Client(host), cancel), settings.ConnectionTimeout);
        else
            _link = new TlsLink(system, this, Queue, maxToldBytes, (stream, cancel) => stream.AuthenticateAsServerAsync(tls.Server(), cancel), settings.ConnectionTimeout);
    }

    /// <summary>What Akka wraps around a message after it has checked its size.</summary>
    public const int FrameSlackBytes = 64;

    /// <summary>Its place in the association.</summary>
    public int Index { get; set; }

    public ByteQueue Queue { get; }

    /// <summary>Whether all that the peer ever sends on it is here: what becomes of the connection afterwards is no loss.</summary>
    public bool HasAllOfPeer => Volatile.Read(ref _peerFinished);

    /// <summary>The peer's address, once open.</summary>
    public Connected? Connected { get; private set; }

    /// <summary>Frames that were written to it, modulo 2^32.</summary>
    public uint FramesOut => Volatile.Read(ref _framesOut);

    /// <summary>One that this node opens. Nothing happens before <see cref="Connect"/>: by then its owner must know it, since the answer may be here before the call returns.</summary>
    public static Lane Create(ActorSystem system, UtpTransportSettings settings, int maxToldBytes, ILaneOwner owner, Hello hello, IActorRef manager, Connect connect, string host)
    {
        var lane = new Lane(system, settings, maxToldBytes, host, null) { Index = hello.Lane };
        lane._owner = owner;
        lane.Queue.TryWrite(hello.ToBytes(), default, mayRefuse: false);
        lane._connect = () => lane._link.Connect(manager, connect);
        return lane;
    }

    /// <summary>Opens one that this node created.</summary>
    public void Connect()
    {
        _connect!();
        _connect = null;
    }

    /// <summary>One that a peer opens: its hello says whose it is.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">Of the transport.</param>
    /// <param name="maxToldBytes">What a connection holds.</param>
    /// <param name="connected">From the connection.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="findOwner">Answers the hello; null: it was refused.</param>
    /// <param name="onFailed">Hears why a lane ended before its hello.</param>
    public static Lane Accept(
        ActorSystem system, UtpTransportSettings settings, int maxToldBytes, Connected connected, IActorRef connection, Func<Lane, Hello, ILaneOwner?> findOwner, Action<Lane, string> onFailed)
    {
        var lane = new Lane(system, settings, maxToldBytes, null, findOwner) { Connected = connected, _onStrangerFailed = onFailed };
        lane._link.Accept(connected, connection);
        return lane;
    }

    /// <summary>Answers the peer's hello: frames follow.</summary>
    public void Answer(Hello hello)
    {
        Queue.TryWrite(hello.ToBytes(), default, mayRefuse: false);
    }

    /// <summary>Answers the peer's hello, and closes.</summary>
    public void Refuse(HelloRefusal why, Guid token)
    {
        Queue.TryWrite(Hello.Refuse(why, token).ToBytes(), default, mayRefuse: false);
        Queue.Finish();
    }

    /// <summary>The lanes of the association are known: what its frames look like, and how large they may be.</summary>
    public void SetLayout(LaneLayout layout)
    {
        var limit = layout.HasLarge && Index == layout.Large ? _settings.MaxLargeFrameBytes : _settings.MaxFrameBytes;
        lock (_inbound)
            _parser = new FrameParser(limit + FrameSlackBytes, layout.Count, mayKeep: _settings.Tls is null);
    }

    /// <summary>Writes a frame.</summary>
    /// <param name="pdu">Its memory is used until the peer has acknowledged it.</param>
    /// <param name="fence">What goes before; null: nothing of other lanes.</param>
    /// <param name="mayRefuse">Whether the writer can wait.</param>
    /// <returns>False: refused, or the lane is closed.</returns>
    public bool TryWrite(ByteString pdu, Fence? fence, bool mayRefuse)
    {
        Span<byte> head = stackalloc byte[FrameHeader.Length + (fence is null ? 0 : FrameHeader.FenceLength(fence.Counts.Length))];
        new FrameHeader(pdu.Length, fence is not null).Write(head);
        if (fence is not null)
            FrameHeader.WriteFence(fence, head[FrameHeader.Length..]);
        if (!Queue.TryWrite(head, pdu.Memory, mayRefuse))
            return false;
        Interlocked.Increment(ref _framesOut);
        return true;
    }

    /// <summary>Closes behind what was written.</summary>
    public void Close() => Queue.Finish();

    /// <summary>Ends at once.</summary>
    public void Abort()
    {
        if (!_link.Abort())
            TellOver("It was given up before it was open.", null);
    }

    /// <summary>Ends it when its peer has not said whose it is.</summary>
    public void AbortWithoutHello()
    {
        if (Volatile.Read(ref _helloBytes) < Hello.Length)
            Abort();
    }

    /// <summary>What follows is handed over as it comes. By its owner, as it takes the lane.</summary>
    public void LetGo() => _goesOn = true;

    /// <summary>What waits is handed over, and what follows. Any thread, but not one that is in <see cref="ILaneOwner.OnFrame"/>.</summary>
    public void GoOn()
    {
        lock (_inbound)
        {
            _goesOn = true;
            HandOver();
        }
    }

    void ILinkUser.OnOpen(Connected connected) => Connected = connected;

    void ILinkUser.OnOpenFailed(string message, Exception? exception) => TellOver(message, exception);

    void ILinkUser.OnReceived(Received received)
    {
        lock (_inbound)
        {
            _waiting.Enqueue(received);
            HandOver();
        }
    }

    void ILinkUser.OnPeerFinished()
    {
        lock (_inbound)
        {
            _peerFinished = true;
            HandOver();
        }
    }

    void ILinkUser.OnOver(ConnectionClosed closed)
    {
        // What the peer sent before its end is still handed over; after an error nobody waits for it.
        TellOver(closed switch
        {
            ErrorClosed error => error.Message,
            Aborted => "The connection was reset at this end.",
            _ => null,
        }, (closed as ErrorClosed)?.Exception);
    }

    private void TellOver(string? cause, Exception? exception)
    {
        ILaneOwner? owner;
        lock (_inbound)
        {
            if (_over)
                return;
            _over = true;
            owner = _owner;
        }

        if (owner is not null)
            owner.OnLaneOver(this, cause, exception);
        else if (cause is not null)
            _onStrangerFailed?.Invoke(this, cause);
    }

    private void HandOver()
    {
        while (_waiting.TryPeek(out var received))
        {
            var data = received.Data[_offset..];
            if (!_carriesFrames && !ReadHello(ref data))
            {
                if (data.IsEmpty)
                {
                    Drop(received, mayRelease: true);
                    continue;
                }

                break;
            }

            _offset = received.Data.Length - data.Length;
            if (!_goesOn || !HandOverFrames(received))
                break;
        }

        var suspends = _waiting.Count > 0;
        if (suspends != _suspended && !_peerFinished && !_over)
        {
            _suspended = suspends;
            if (suspends)
                _link.SuspendReading();
            else
                _link.ResumeReading();
        }

        if (!suspends && _peerFinished && !_finishTold)
        {
            _finishTold = true;
            if (_owner is { } owner)
                owner.OnLaneFinished(this);
            else
                _link.Abort();
        }
    }

    // Until it is whole; then the owner is known, or the lane is closed, and what follows is nobody's.
    private bool ReadHello(ref ReadOnlyMemory<byte> data)
    {
        if (_helloBytes == Hello.Length)
        {
            // Refused, or the initiator's answer came to nothing.
            data = default;
            return false;
        }

        var count = Math.Min(Hello.Length - _helloBytes, data.Length);
        data.Span[..count].CopyTo(_hello.AsSpan(_helloBytes));
        _helloBytes += count;
        data = data[count..];
        if (_helloBytes < Hello.Length)
            return false;
        if (!Hello.TryParse(_hello, out var hello))
        {
            var what = "The peer speaks uTP, but not this protocol: what listens there is no Utp.Remote, or TLS is enabled on one side only.";
            data = default;
            _link.Abort();
            _owner?.OnLaneOver(this, what, null);
            return false;
        }

        if (_owner is null)
            _owner = _findOwner!(this, hello);
        else
            _owner.OnLaneReady(this, hello);
        _carriesFrames = _owner is not null && _parser is not null;
        if (!_carriesFrames)
            data = default;
        return _carriesFrames;
    }

    private bool HandOverFrames(Received received)
    {
        if (_isHeld && !_owner!.OnFrame(this, _held))
            return false;
        (_isHeld, _held) = (false, default);
        var keeps = false;
        while (_offset < received.Data.Length)
        {
            var parsed = _parser!.TryParse(received.Data[_offset..], out var frame, out var consumed, out var isView);
            keeps |= isView;
            _offset += consumed;
            if (parsed && !_owner!.OnFrame(this, frame))
            {
                (_isHeld, _held) = (true, frame);
                _keepsFirst |= keeps;
                return false;
            }
        }

        Drop(received, mayRelease: !keeps && !_keepsFirst);
        _keepsFirst = false;
        return true;
    }

    private void Drop(Received received, bool mayRelease)
    {
        _waiting.Dequeue();
        _offset = 0;
        if (mayRelease)
            received.Release();
    }
}
