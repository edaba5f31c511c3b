using System.Threading.Channels;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Utp.Remote.Tests.Contract;

/// <summary>What a handle's listener hears, in order.</summary>
internal sealed class Collected : IHandleEventListener
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Channel<IHandleEvent> _events = Channel.CreateUnbounded<IHandleEvent>();

    /// <summary>Everything that was heard and not taken yet.</summary>
    public int Waiting => _events.Reader.Count;

    public void Notify(IHandleEvent ev) => _events.Writer.TryWrite(ev);

    public async Task<IHandleEvent> NextAsync() => await _events.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public async Task<ByteString> PayloadAsync()
    {
        var next = await NextAsync();
        return Assert.IsType<InboundPayload>(next).Payload;
    }

    public async Task DisassociatedAsync() => Assert.IsType<Disassociated>(await NextAsync());
}

/// <summary>What a transport's listener hears.</summary>
internal sealed class Accepted : IAssociationEventListener
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Channel<AssociationHandle> _handles = Channel.CreateUnbounded<AssociationHandle>();

    public int Waiting => _handles.Reader.Count;

    public void Notify(IAssociationEvent ev) => _handles.Writer.TryWrite(((InboundAssociation)ev).Association);

    public async Task<AssociationHandle> NextAsync() => await _handles.Reader.ReadAsync().AsTask().WaitAsync(Patience);
}
