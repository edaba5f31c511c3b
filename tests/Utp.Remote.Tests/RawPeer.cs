using System.Net;
using System.Threading.Channels;
using Akka.Actor;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Remote.Tests;

/// <summary>A user of uTP that knows nothing of this transport: what it writes is chosen by the test.</summary>
internal sealed class RawPeer(ActorSystem system) : MinimalActorRef
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Channel<(object Message, IActorRef Sender)> _messages = Channel.CreateUnbounded<(object, IActorRef)>();

    public override ActorPath Path { get; } = ((ExtendedActorSystem)system).Provider.TempPath();

    public override IActorRefProvider Provider { get; } = ((ExtendedActorSystem)system).Provider;

    /// <summary>What a connection that it accepts is told, once.</summary>
    public byte[]? Answer { get; init; }

    public async Task<int> BindAsync()
    {
        system.Utp().Tell(new Bind(this, new IPEndPoint(IPAddress.Loopback, 0)), this);
        return ((Bound)(await NextAsync<Bound>()).Message).LocalAddress.Port;
    }

    public async Task<IActorRef> ConnectAsync(IPEndPoint remote)
    {
        system.Utp().Tell(new Connect(remote), this);
        return (await NextAsync<Connected>()).Sender;
    }

    public async Task<ReadOnlyMemory<byte>> ReceivedAsync() => ((Received)(await NextAsync<Received>()).Message).Data;

    public async Task AckAsync() => await NextAsync<int>();

    public async Task<ConnectionClosed> ClosedAsync() => (ConnectionClosed)(await NextAsync<ConnectionClosed>()).Message;

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is Connected)
        {
            sender.Tell(new Register(this), this);
            if (Answer is not null)
                sender.Tell(new Write(Answer), this);
        }

        _messages.Writer.TryWrite((message, sender));
    }

    private async Task<(object Message, IActorRef Sender)> NextAsync<T>()
    {
        while (true)
        {
            var next = await _messages.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            if (next.Message is T)
                return next;
        }
    }
}
