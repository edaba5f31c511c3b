using Akka.Actor;
using Google.Protobuf;
using Utp.Messages;
using Utp.Protocol;

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

    /// <summary>Whether a lane whose connection is lost is to be resumed: <see cref="OnLaneLost"/> follows. Under the lane's lock.</summary>
    bool MayResume(Lane lane);

    /// <summary>Its connection is lost, and what it carries is kept.</summary>
    /// <param name="lane">Which one.</param>
    /// <param name="cause">What happened, in one sentence.</param>
    /// <param name="isReset">Whether the peer does not know the connection: it has ended, or sees this node at another address.</param>
    void OnLaneLost(Lane lane, string cause, bool isReset);

    /// <summary>An attempt to resume it has failed.</summary>
    /// <param name="lane">Which one.</param>
    /// <param name="cause">What happened, in one sentence.</param>
    /// <param name="isFinal">Whether another one would fail, too.</param>
    void OnResumeFailed(Lane lane, string cause, bool isFinal);

    /// <summary>It goes on over another connection, and nothing was lost.</summary>
    void OnLaneResumed(Lane lane);

    /// <summary>It is over, or could not be opened.</summary>
    /// <param name="lane">Which one.</param>
    /// <param name="cause">What happened, in one sentence; null: it was closed in order.</param>
    /// <param name="exception">The exception behind it, if there was one.</param>
    void OnLaneOver(Lane lane, string? cause, Exception? exception);
}

/// <summary>
/// One stream of an association's frames, over one connection: they go out through its queue, and what arrives is cut into frames and handed over on the thread that brings it. Reading waits until its
/// owner lets it go on. When the connection is lost another one carries on: each end tells how many bytes of the lane it has, and the other sends what follows them (design note 57).
/// </summary>
internal sealed class Lane
{
    private readonly object _inbound = new();
    private readonly Queue<Received> _waiting = new();
    private readonly Func<Lane, Hello, ILaneOwner?>? _findOwner;
    private Action<Lane, string>? _onStrangerFailed;
    private readonly byte[] _hello = new byte[Hello.LongLength];
    private readonly ActorSystem _system;
    private readonly int _maxToldBytes;
    private readonly UtpTransportSettings _settings;

    // The connection that carries the lane, and the one that is to: neither, while one that was lost is waited for.
    private volatile LaneLink? _attached;
    private volatile LaneLink? _resuming;
    private ReadOnlyMemory<byte> _behindHello;
    private long _receivedBytes;
    private int _losses;
    private Action? _connect;
    private ILaneOwner? _owner;
    private FrameParser? _parser;
    private Frame _held;
    private int _helloBytes;
    private int _helloNeeded = Hello.Length;
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
        (_system, _settings, _maxToldBytes, _findOwner) = (system, settings, maxToldBytes, findOwner);
        Queue = new ByteQueue(new RateMeter(settings.HighWaterBytes, settings.LowWaterBytes), maxToldBytes);
        _attached = NewLink(host, null);
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
        lane._connect = () => lane._attached!.Link.Connect(manager, connect);
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
        lane._attached!.Link.Accept(connected, connection);
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
        _resuming?.Link.Abort();
        if (_attached is not { } link)
            ThreadPool.UnsafeQueueUserWorkItem(static lane => lane.TellOver("Its connection was lost.", null), this, preferLocal: false);
        else if (!link.Link.Abort())
            TellOver("It was given up before it was open.", null);
    }

    /// <summary>Opens another connection in place of the lost one, unless there is one already.</summary>
    /// <param name="manager">Of uTP.</param>
    /// <param name="connect">To the peer.</param>
    /// <param name="host">As TLS calls it.</param>
    /// <param name="opening">What it says first, by the bytes that are here.</param>
    public void Resume(IActorRef manager, Connect connect, string host, Func<long, Hello> opening)
    {
        LaneLink link;
        lock (_inbound)
        {
            if (_over || _attached is not null || _resuming is not null)
                return;
            _resuming = link = NewLink(host, opening);
        }

        link.Link.Connect(manager, connect);
    }

    /// <summary>Takes a connection by which the peer resumes this lane.</summary>
    /// <param name="newcomer">As the peer's hello came by it.</param>
    /// <param name="peerHas">How many of this lane's bytes the peer has.</param>
    /// <param name="isTieWinner">Whether this node's own attempt counts when both are open.</param>
    /// <param name="answer">What the peer is told first, by the bytes that are here.</param>
    public HelloRefusal TryAdopt(Lane newcomer, long peerHas, bool isTieWinner, Func<long, Hello> answer)
    {
        LaneLink? old, resuming;
        lock (_inbound)
        {
            if (isTieWinner && _resuming is { IsOpen: true })
                return HelloRefusal.Resuming;
            if (_over || !_carriesFrames || _peerFinished || newcomer._attached is not { } link || !Queue.Detach())
                return HelloRefusal.UnknownAssociation;
            link.Link.Serve(Queue);
            if (!Queue.TryResume(link.Link, Preamble(answer(_receivedBytes)), peerHas))
            {
                link.Link.Serve(newcomer.Queue);
                (old, _attached) = (_attached, null);
                old?.Link.Abort();
                ThreadPool.UnsafeQueueUserWorkItem(static lane => lane.TellOver("What the peer lacks is not there any more.", null), this, preferLocal: false);
                return HelloRefusal.UnknownAssociation;
            }

            (old, resuming) = (_attached, _resuming);
            (newcomer._attached, _resuming) = (null, null);
            Connected = newcomer.Connected;
            link.MoveTo(this);
            GoOnOver(link, newcomer._behindHello);
        }

        old?.Link.Abort();
        resuming?.Link.Abort();
        return HelloRefusal.None;
    }

    /// <summary>Gives its connection up, to be resumed over another one: the peer does not know this node by it any more.</summary>
    /// <returns>False: there is nothing to resume.</returns>
    public bool TryLose()
    {
        LaneLink? old;
        lock (_inbound)
        {
            if (_attached is null || !MayBeResumed() || !Queue.Detach())
                return false;
            (old, _attached) = (_attached, null);
            _losses++;
        }

        old.Link.Abort();
        return true;
    }

    /// <summary>Whether both ends have said hello on it.</summary>
    public bool CarriesFrames => Volatile.Read(ref _carriesFrames);

    /// <summary>How often it has lost its connection.</summary>
    public int Losses => Volatile.Read(ref _losses);

    /// <summary>Ends it when it has not been resumed.</summary>
    /// <param name="loss">Since when, as <see cref="Losses"/> counts.</param>
    /// <param name="cause">What happened, in one sentence.</param>
    public void EndIfLost(int loss, string cause)
    {
        lock (_inbound)
        {
            if (_attached is not null || _losses != loss)
                return;
        }

        _resuming?.Link.Abort();
        TellOver(cause, null);
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

    /// <summary>As <see cref="ILinkUser"/>, and so are the others.</summary>
    public void OnOpen(LaneLink link, Connected connected)
    {
        if (link.Opening is null)
        {
            Connected = connected;
            Queue.Open(link.Link);
            return;
        }

        lock (_inbound)
        {
            if (link != _resuming)
                return;
            link.IsOpen = true;
            link.Link.Send(Preamble(link.Opening(_receivedBytes)));
        }
    }

    public void OnOpenFailed(LaneLink link, string message, Exception? exception)
    {
        if (link.Opening is null)
            TellOver(message, exception);
        else if (TryForget(link))
            _owner!.OnResumeFailed(this, message, isFinal: false);
    }

    public void OnReceived(LaneLink link, Received received)
    {
        bool? resumed = null;
        Hello answer = default;
        lock (_inbound)
        {
            if (link == _attached)
            {
                _receivedBytes += received.Data.Length;
                _waiting.Enqueue(received);
                HandOver();
                return;
            }

            if (link != _resuming)
                return;
            var data = received.Data;
            resumed = link.ReadAnswer(ref data, out answer);
            if (resumed is null)
                return;
            resumed = answer.Kind == HelloKind.Resumed && Queue.TryResume(link.Link, null, answer.ReceivedBytes);
            _resuming = null;
            if (resumed == true)
                GoOnOver(link, data);
        }

        if (resumed == true)
        {
            _owner!.OnLaneResumed(this);
            return;
        }

        link.Link.Abort();
        var isTie = answer.Refusal == HelloRefusal.Resuming;
        _owner!.OnResumeFailed(this, isTie ? "The peer resumes it itself." : "The peer does not know the association any more.", !isTie);
    }

    public void OnPeerFinished(LaneLink link)
    {
        lock (_inbound)
        {
            if (link != _attached)
                return;
            _peerFinished = true;
            HandOver();
        }
    }

    public void OnOver(LaneLink link, ConnectionClosed closed)
    {
        if (TryForget(link))
        {
            _owner!.OnResumeFailed(this, closed.Cause ?? "The peer closed the connection.", isFinal: false);
            return;
        }

        var isLost = false;
        lock (_inbound)
        {
            if (link != _attached)
                return;
            if (closed is ErrorClosed { Reason.Cause: not (CloseCause.ProtocolError or CloseCause.InternalError) } && MayBeResumed() && Queue.Detach())
            {
                isLost = true;
                _attached = null;
                _losses++;
            }
        }

        if (isLost)
        {
            _owner!.OnLaneLost(this, closed.Cause!, closed.Reason.Cause == CloseCause.Reset);
            return;
        }

        Queue.End();

        // What the peer sent before its end is still handed over; after an error nobody waits for it.
        TellOver(closed switch
        {
            ErrorClosed error => error.Message,
            Aborted => "The connection was reset at this end.",
            _ => null,
        }, (closed as ErrorClosed)?.Exception);
    }

    private static Piece Preamble(Hello hello) => new(hello.ToBytes(), null) { IsPreamble = true };

    // A host: this node opens the connection.
    private LaneLink NewLink(string? host, Func<long, Hello>? opening)
    {
        var user = new LaneLink(this) { Opening = opening };
        if (_settings.Tls is not { } tls)
            user.Link = new ActorLink(_system, user, Queue);
        else if (host is not null)
            user.Link = new TlsLink(_system, user, Queue, _maxToldBytes, (stream, cancel) => stream.AuthenticateAsClientAsync(tls.Client(host), cancel), _settings.ConnectionTimeout);
        else
            user.Link = new TlsLink(_system, user, Queue, _maxToldBytes, (stream, cancel) => stream.AuthenticateAsServerAsync(tls.Server(), cancel), _settings.ConnectionTimeout);
        return user;
    }

    private bool MayBeResumed() => !_over && _carriesFrames && !_peerFinished && _owner!.MayResume(this);

    private bool TryForget(LaneLink link)
    {
        lock (_inbound)
        {
            if (link != _resuming)
                return false;
            _resuming = null;
            return true;
        }
    }

    private void GoOnOver(LaneLink link, ReadOnlyMemory<byte> first)
    {
        _attached = link;
        _suspended = false;
        if (!first.IsEmpty)
        {
            _receivedBytes += first.Length;
            _waiting.Enqueue(new Received(first.ToArray()));
        }

        HandOver();
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
                _attached?.Link.SuspendReading();
            else
                _attached?.Link.ResumeReading();
        }

        if (!suspends && _peerFinished && !_finishTold)
        {
            _finishTold = true;
            if (_owner is { } owner)
                owner.OnLaneFinished(this);
            else
                _attached?.Link.Abort();
        }
    }

    // Until it is whole; then the owner is known, or the lane is closed, and what follows is nobody's.
    private bool ReadHello(ref ReadOnlyMemory<byte> data)
    {
        if (_helloBytes == _helloNeeded)
        {
            // Refused, or the initiator's answer came to nothing.
            data = default;
            return false;
        }

        if (!FillHello(ref data))
            return false;
        var isHello = Hello.TryParse(_hello.AsSpan(0, _helloNeeded), out var hello);
        if (isHello && hello.IsLong && _owner is null && _helloNeeded < Hello.LongLength)
        {
            _helloNeeded = Hello.LongLength;
            if (!FillHello(ref data))
                return false;
            isHello = Hello.TryParse(_hello, out hello);
        }

        if (!isHello)
        {
            var what = "The peer speaks uTP, but not this protocol: what listens there is no Utp.Remote, or TLS is enabled on one side only.";
            data = default;
            _attached?.Link.Abort();
            _owner?.OnLaneOver(this, what, null);
            return false;
        }

        if (_owner is not null)
        {
            _owner.OnLaneReady(this, hello);
        }
        else
        {
            _behindHello = data;
            _owner = _findOwner!(this, hello);
            _behindHello = default;
        }

        _carriesFrames = _owner is not null && _parser is not null;
        if (!_carriesFrames)
            data = default;
        return _carriesFrames;
    }

    private bool FillHello(ref ReadOnlyMemory<byte> data)
    {
        var count = Math.Min(_helloNeeded - _helloBytes, data.Length);
        data.Span[..count].CopyTo(_hello.AsSpan(_helloBytes));
        _helloBytes += count;
        data = data[count..];
        return _helloBytes == _helloNeeded;
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
