using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// Whether a connection is recorded: from its beginning by the settings, and at any time by its users' messages. Owned by the connection's actor, which alone calls it.
/// </summary>
/// <param name="writer">Of the manager.</param>
/// <param name="handle">The connection's.</param>
/// <param name="core">Whose events are recorded.</param>
/// <param name="transmission">Which sends its datagrams.</param>
/// <param name="isInitiator">Whether we opened it.</param>
/// <param name="local">Our address as the peer sees it; asked when a record begins.</param>
internal sealed class ConnectionTracing(RecordWriter writer, ConnectionHandle handle, UtpConnection core, Transmission transmission, bool isInitiator, Func<UdpEndPoint> local)
{
    private ConnectionRecord? _record;

    /// <summary>When it must be told that a deadline has passed.</summary>
    public Instant FlushAt => _record?.FlushAt ?? Instant.Never;

    /// <summary>Begins as the settings say.</summary>
    public void Begin()
    {
        if (writer.Settings.Folder is { } folder)
            Begin(folder, writer.Settings.Kinds, static (_, _) => { });
    }

    /// <summary>A user's message; false: it is none of these.</summary>
    public bool Handle(object message, IActorRef sender)
    {
        switch (message)
        {
            case StartTrace start when _record is not null:
                sender.Tell(Started(_record));
                return true;
            case StartTrace start:
                Start(start, sender);
                return true;
            case StopTrace:
                Stop(sender);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Datagrams were received.</summary>
    public void OnBatch(InboundBatch batch) => _record?.OnBatch(batch.Packets);

    /// <summary>A deadline has passed.</summary>
    public void OnDeadline(Instant now) => _record?.OnDeadline(now);

    /// <summary>The connection is not there any more.</summary>
    public void Leave() => Stop(ActorRefs.Nobody);

    private void Start(StartTrace start, IActorRef sender)
    {
        if (string.IsNullOrWhiteSpace(start.Folder) || (start.Kinds & TraceKinds.All) == 0)
        {
            sender.Tell(new CommandFailed(start, FailureCause.InvalidOption, "A record needs a folder, and at least one kind."));
            return;
        }

        Begin(start.Folder, start.Kinds, (record, failure) => sender.Tell(failure is null
            ? Started(record)
            : new CommandFailed(start, FailureCause.AccessDenied, $"The connection cannot be recorded in {start.Folder} ({failure.Message}): choose a folder that can be written.", failure)));
    }

    private void Begin(string folder, TraceKinds kinds, Action<ConnectionRecord, Exception?> then)
    {
        var record = new ConnectionRecord(writer, folder, kinds, local(), handle.Path.Remote, core.ReceiveId, isInitiator);
        writer.Begin(folder, record.Files, failure => then(record, failure));
        _record = record;
        transmission.RecordTo(record);
        if (record.HasEvents)
            core.SetTrace(record);
    }

    private void Stop(IActorRef asker)
    {
        var record = _record;
        _record = null;
        transmission.RecordTo(null);
        core.SetTrace(null);
        if (record is null)
            asker.Tell(new TraceStopped(0));
        else
            record.End(() => asker.Tell(new TraceStopped(record.Dropped)));
    }

    private static TraceStarted Started(ConnectionRecord record) => new(record.Name, [.. record.Files.Select(static file => Path.GetFullPath(file.Path))]);
}
