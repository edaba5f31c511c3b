using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.IO;

namespace Utp.Cli;

/// <summary>Akka.IO.Tcp, as its users drive it.</summary>
internal sealed class AkkaTcpCarrier(Config configuration) : ActorCarrier
{
    // Its acknowledgement says that the kernel has taken the write, so a few going on keep the socket full.
    private const int WritesGoing = 16;
    private const int WriteBytes = 64 << 10;

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    public override ActorSystem System { get; } = ActorSystem.Create("bench", configuration);

    public override IActorRef Manager => System.Tcp();

    public override bool SharesPorts => false;

    public override int OutstandingBytes => WritesGoing * WriteBytes;

    public override object Close => Tcp.ConfirmedClose.Instance;

    public override object? AskCounters => null;

    public override object Bind(IActorRef? handler) => new Tcp.Bind(handler, new IPEndPoint(IPAddress.Loopback, 0), backlog: 4_096);

    public override object Connect(int port, IActorRef? listener) => new Tcp.Connect(new IPEndPoint(IPAddress.Loopback, port));

    public override object Register(IActorRef handler) => new Tcp.Register(handler);

    public override object Write(byte[] data, Chunk? ack) =>
        ack is null ? Tcp.Write.Create(ByteString.FromBytes(data)) : Tcp.Write.Create(ByteString.FromBytes(data), ack);

    public override object Echo(object received) => Tcp.Write.Create(((Tcp.Received)received).Data);

    public override CarrierEvent Read(object message) => message switch
    {
        Tcp.Received => CarrierEvent.Received,
        Tcp.Connected => CarrierEvent.Connected,
        Tcp.ErrorClosed or Tcp.Aborted or Tcp.CommandFailed => CarrierEvent.Failed,
        Tcp.ConnectionClosed => CarrierEvent.Closed,
        Tcp.Bound => CarrierEvent.Bound,
        _ => CarrierEvent.Other,
    };

    public override int Port(object bound) => ((IPEndPoint)((Tcp.Bound)bound).LocalAddress).Port;

    public override ReadOnlySpan<byte> Data(object received) => ((Tcp.Received)received).Data.ToReadOnlySpan();

    public override PacketCount? Counters(object message) => null;

    public override string Explain(object message) => message switch
    {
        Tcp.CommandFailed failed => $"Akka.IO.Tcp could not do {failed.Cmd.GetType().Name}: {Sentences.OneLine(failed.CauseString)}",
        Tcp.ConnectionClosed closed => $"A connection of Akka.IO.Tcp ended early: {Sentences.OneLine(closed.Cause ?? closed.GetType().Name)}",
        _ => message.ToString() ?? "",
    };

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await System.Terminate().WaitAsync(ShutdownTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The process ends anyway, and its sockets with it.
        }
    }
}
