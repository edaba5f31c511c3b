using System.Collections.Concurrent;
using System.Net;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>
/// The handler of one connection: what the connection tells, on its thread, becomes what waits to be read, room to write, and the end. Streams and message connections
/// are its faces.
/// </summary>
internal sealed class ConnectionRef : InlineRef
{
    private static readonly Abort TheAbort = new();

    private readonly SystemLease _lease;
    private readonly TimeSpan _linger;
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CloseReason> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<TaskCompletionSource<ConnectionStats>> _statisticsAskers = new();
    private readonly bool _marksInitialData;
    private IActorRef _connection = ActorRefs.Nobody;
    private ConnectionStats _statistics;
    private bool _peerFinished;
    private int _disposed;
    private Task? _closing;

    /// <summary>Nothing is open yet.</summary>
    /// <param name="lease">This connection's own; returned when the connection is over, or failed to open.</param>
    /// <param name="settings">Of the face.</param>
    public ConnectionRef(SystemLease lease, FaceSettings settings)
        : base(lease.System)
    {
        _lease = lease;
        _linger = settings.Linger;
        _marksInitialData = settings.InitialDataBytes > 0 && settings.Mode == DeliveryMode.Bytes;
        Settings = settings;
        Inflow = new Inflow(this, settings.ReceiveMarkBytes);
        Outflow = new Outflow(this, settings.SendBytes);
    }

    public FaceSettings Settings { get; }

    public Inflow Inflow { get; }

    public Outflow Outflow { get; }

    public IPEndPoint RemoteEndPoint { get; private set; } = null!;

    public IPEndPoint LocalEndPoint { get; private set; } = null!;

    public Capabilities PeerCapabilities { get; private set; }

    /// <summary>Whether it was closed by its user.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Whether it is open, or why it could not be opened.</summary>
    public Task WhenOpen => _open.Task;

    /// <summary>What ended it, when it has ended.</summary>
    public Task<CloseReason> WhenOver => _over.Task;

    /// <summary>From the connection's <see cref="Connected"/>: registers for everything that follows. On the connection's thread.</summary>
    public void Open(Connected connected, IActorRef connection)
    {
        _connection = connection;
        RemoteEndPoint = connected.RemoteAddress;
        LocalEndPoint = connected.LocalAddress;
        PeerCapabilities = connected.PeerCapabilities;
        Inflow.Open(connection);
        Outflow.Open(connection);
        connection.Tell(new Register(this, KeepOpenOnPeerClosed: true, UseResumeWriting: false), this);
        if (_marksInitialData)
            Outflow.WriteMark();
        _open.TrySetResult();
    }

    /// <summary>It could not be opened.</summary>
    public void FailToOpen(Exception error)
    {
        _lease.Return();
        _open.TrySetException(error);
    }

    /// <summary>Closes our direction, behind what was written.</summary>
    public void CompleteWrites()
    {
        if (Outflow.Complete())
            _connection.Tell(ConfirmedClose.Instance, this);
    }

    /// <summary>Ends at once, with ST_RESET.</summary>
    public void Abort(ushort? code)
    {
        var aborted = new UtpException(new CloseReason(CloseCause.Aborted), "The connection was aborted at this end.");
        Inflow.End(aborted);
        Outflow.End(aborted);
        _connection.Tell(code is null ? TheAbort : new Abort(code), this);
    }

    /// <summary>Reads nothing more; the peer's writes fail, with a code.</summary>
    public void AbortReading(ushort? code) =>
        Inflow.Abort(new UtpException(new CloseReason(CloseCause.Aborted), "Reading was aborted at this end."), code);

    /// <summary>Aborts our direction alone; the peer's reads fail, with a code, behind what came.</summary>
    public void AbortWriting(ushort? code)
    {
        Outflow.End(new UtpException(new CloseReason(CloseCause.Aborted), "Writing was aborted at this end."));
        _connection.Tell(new AbortWriting(code), this);
    }

    /// <summary>Sends what was written, closes, and waits for that, as long as the linger time allows. A second call waits with the first one.</summary>
    /// <param name="leavesUnread">Whether something was taken, and not read to its end.</param>
    public Task CloseAsync(bool leavesUnread = false)
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Inflow.Dispose(leavesUnread);
            Outflow.Dispose();
            Volatile.Write(ref _closing, LingerAsync());
        }

        // Null: another thread is about to set it, and will wait itself.
        return Volatile.Read(ref _closing) ?? Task.CompletedTask;
    }

    /// <summary>The counters, now or as they were in the end.</summary>
    public async Task<ConnectionStats> GetStatisticsAsync(CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<ConnectionStats>(TaskCreationOptions.RunContinuationsAsynchronously);
        _statisticsAskers.Enqueue(answer);
        _connection.Tell(GetStatistics.Instance, this);
        if (_over.Task.IsCompleted)
            AnswerStatistics(_statistics, all: true);
        return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override void OnMessage(object message, IActorRef sender)
    {
        switch (message)
        {
            case Received received:
                Inflow.Add(received);
                break;
            case Chunk chunk:
                Outflow.OnDelivered(chunk);
                break;
            case Connected connected:
                Open(connected, sender);
                break;
            case PeerClosed peer when !_peerFinished:
                _peerFinished = true;
                Inflow.End(peer.Reason.Cause == CloseCause.CutOff ? CutOff(peer.Reason) : null);
                break;
            case ConnectionClosed closed:
                OnOver(closed);
                break;
            case CommandFailed { Command: Write { Ack: Chunk chunk } } failed:
                OnWriteFailed(chunk, failed);
                break;
            case CommandFailed { Command: Connect } failed:
                FailToOpen(new UtpException(failed.Cause, failed.Message, failed.Exception));
                break;
            case ConnectionStatistics statistics:
                AnswerStatistics(statistics.Connection, all: false);
                break;
        }
    }

    // Those that an end leaves over come before it, and it says more; any other means that what was counted here is not what the connection counts.
    private void OnWriteFailed(Chunk chunk, CommandFailed failed)
    {
        Outflow.OnFailed(chunk);
        if (failed.Cause is FailureCause.ConnectionEnded or FailureCause.Closing or FailureCause.Cancelled)
            return;

        // What the peer still sends is read.
        if (failed is { Cause: FailureCause.NotRead, Reason: { } reason })
        {
            Outflow.End(new UtpException(reason, failed.Message));
            return;
        }

        var error = new UtpException(failed.Cause, failed.Message, failed.Exception);
        Inflow.End(error);
        Outflow.End(error);
        _connection.Tell(TheAbort, this);
    }

    private void OnOver(ConnectionClosed closed)
    {
        var error = ErrorOf(closed);
        Inflow.End(error);
        Outflow.End(error ?? new UtpException(closed.Reason, "The connection is closed: nothing more can be written."));
        _statistics = closed.Statistics;
        _over.TrySetResult(closed.Reason);
        AnswerStatistics(closed.Statistics, all: true);
        _lease.Return();
    }

    // Closed is our own doing, unless the actor system closes what is open as it shuts down: then the peer's end was not reached.
    private UtpException? ErrorOf(ConnectionClosed closed) => closed switch
    {
        ErrorClosed error => new UtpException(closed.Reason, error.Message, error.Exception),
        Aborted => new UtpException(closed.Reason, "The connection was aborted at this end."),
        Closed when !IsDisposed => new UtpException(FailureCause.ShuttingDown, "The actor system shuts down, which closed the connection."),
        _ => null,
    };

    private static UtpException CutOff(CloseReason reason) =>
        new(reason, $"The peer aborted its writing{(reason.PeerCode is { } code and not CloseCodes.CutOff ? $", with close reason {code}" : "")}: what came is not all that it had to say.");

    private async Task LingerAsync()
    {
        if (_over.Task.IsCompleted)
            return;
        _connection.Tell(_linger == TimeSpan.Zero ? TheAbort : Close.Instance, this);
        try
        {
            await _over.Task.WaitAsync(_linger).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _connection.Tell(TheAbort, this);
        }
    }

    private void AnswerStatistics(ConnectionStats statistics, bool all)
    {
        while (_statisticsAskers.TryDequeue(out var asker))
        {
            asker.TrySetResult(statistics);
            if (!all)
                return;
        }
    }
}
