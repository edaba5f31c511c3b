using Akka.Actor;
using Utp.Messages;

namespace Utp.Remote;

/// <summary>One uTP connection: the handler that its actor tells, and the sink of what is to be sent.</summary>
internal sealed class ActorLink : InlineRef, ILink
{
    private static readonly Abort TheAbort = new();

    private readonly object _gate = new();
    private readonly ILinkUser _user;
    private volatile ByteQueue _queue;
    private IActorRef _connection = ActorRefs.Nobody;
    private bool _isOpen;
    private bool _aborted;
    private bool _peerFinished;

    /// <summary>Nothing is open.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="user">Hears what happens.</param>
    /// <param name="queue">Is reported to as pieces are taken and delivered; the user opens it, and ends it.</param>
    public ActorLink(ActorSystem system, ILinkUser user, ByteQueue queue)
        : base(system)
    {
        _user = user;
        _queue = queue;
    }

    /// <inheritdoc/>
    public void Connect(IActorRef manager, Connect connect) => manager.Tell(connect, this);

    /// <inheritdoc/>
    public void Accept(Connected connected, IActorRef connection) => Open(connected, connection);

    /// <inheritdoc/>
    public void Serve(ByteQueue queue) => _queue = queue;

    /// <inheritdoc/>
    public void SuspendReading() => _connection.Tell(Messages.SuspendReading.Instance, this);

    /// <inheritdoc/>
    public void ResumeReading() => _connection.Tell(Messages.ResumeReading.Instance, this);

    /// <inheritdoc/>
    public bool Abort()
    {
        lock (_gate)
        {
            _aborted = true;
            if (!_isOpen)
                return false;
        }

        _connection.Tell(TheAbort, this);
        return true;
    }

    /// <inheritdoc/>
    public void Send(Piece piece) =>
        _connection.Tell(new Write(piece.Data) { Ack = piece, AckWhen = piece.EndsBatch ? AckWhen.AcceptedAndDelivered : AckWhen.Delivered }, this);

    /// <inheritdoc/>
    public void Finish() => _connection.Tell(Close.Instance, this);

    protected override void OnMessage(object message, IActorRef sender)
    {
        switch (message)
        {
            case Received received:
                _user.OnReceived(received);
                break;
            case Piece { EndsBatch: true, WasTaken: false } taken:
                _queue.OnTaken(this, taken);
                break;
            case Piece delivered:
                _queue.OnDelivered(this, delivered);
                break;
            case Connected connected:
                Open(connected, sender);
                break;
            case PeerClosed when !_peerFinished:
                _peerFinished = true;
                _user.OnPeerFinished();
                break;
            case ConnectionClosed closed when _isOpen:
                _user.OnOver(closed);
                break;
            case CommandFailed { Command: Messages.Connect } failed when !_aborted:
                _user.OnOpenFailed(failed.Message, failed.Exception);
                break;
            case CommandFailed { Command: Write, Cause: not (FailureCause.ConnectionEnded or FailureCause.Closing) }:
                // What was counted here is not what the connection counts.
                Abort();
                break;
        }
    }

    private void Open(Connected connected, IActorRef connection)
    {
        lock (_gate)
        {
            _connection = connection;
            _isOpen = !_aborted;
        }

        if (!_isOpen)
        {
            connection.Tell(TheAbort, this);
            return;
        }

        connection.Tell(new Register(this, KeepOpenOnPeerClosed: true, UseResumeWriting: false), this);
        _user.OnOpen(connected);
    }
}
