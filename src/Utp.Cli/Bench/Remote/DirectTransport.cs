using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Utp.Cli;

/// <summary>
/// A transport of Akka.Remote that costs nothing, between two nodes of one process: what was written is told to the other node's reader at once. With it Akka.Remote shows what even a perfect
/// transport could reach.
/// </summary>
internal sealed class DirectTransport : Transport
{
    private static readonly ConcurrentDictionary<int, DirectTransport> Nodes = new();
    private static int _ports;

    private readonly TaskCompletionSource<IAssociationEventListener> _listener = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _port = Interlocked.Increment(ref _ports);

    [SuppressMessage("Style", "IDE0290", Justification = "Found by Akka, which takes a public constructor.")]
    public DirectTransport(ActorSystem system, Config config)
    {
        (System, Config, SchemeIdentifier, MaximumPayloadBytes) = (system, config, "direct", 4 << 20);
    }

    private Address Address => new(SchemeIdentifier, System.Name, "127.0.0.1", _port);

    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        Nodes[_port] = this;
        return Task.FromResult((Address, _listener));
    }

    public override bool IsResponsibleFor(Address remote) => true;

    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        var there = Nodes[remoteAddress.Port!.Value];
        Handle mine = new(Address, remoteAddress), theirs = new(remoteAddress, Address);
        (mine.Peer, theirs.Peer) = (theirs, mine);
        (await there._listener.Task.ConfigureAwait(false)).Notify(new InboundAssociation(theirs));
        return mine;
    }

    public override Task<bool> Shutdown()
    {
        Nodes.TryRemove(_port, out _);
        return Task.FromResult(true);
    }

    private sealed class Handle(Address local, Address remote) : AssociationHandle(local, remote)
    {
        public Handle Peer { get; set; } = null!;

        public override bool Write(ByteString payload)
        {
            // Akka writes before the other side has registered only its handshake, which waits.
            var reader = Peer.ReadHandlerSource.Task;
            if (reader.IsCompletedSuccessfully)
                reader.Result.Notify(new InboundPayload(payload));
            else
                reader.ContinueWith(ready => ready.Result.Notify(new InboundPayload(payload)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return true;
        }

#pragma warning disable CS0672 // Akka's own callers call it, too.
        public override void Disassociate()
#pragma warning restore CS0672 // See above.
        {
            if (Peer.ReadHandlerSource.Task.IsCompletedSuccessfully)
                Peer.ReadHandlerSource.Task.Result.Notify(new Disassociated(DisassociateInfo.Unknown));
        }
    }
}
