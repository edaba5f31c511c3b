using System.Buffers.Binary;
using Akka.Actor;

namespace Utp.Cli;

/// <summary>Handles one connection at one end. What goes wrong ends the benchmark.</summary>
internal abstract class ConnectionHandler(ActorCarrier carrier, Tally tally) : UntypedActor
{
    protected ActorCarrier Carrier => carrier;

    protected Tally Tally => tally;

    protected IActorRef Connection { get; private set; } = ActorRefs.Nobody;

    protected override void OnReceive(object message)
    {
        switch (carrier.Read(message))
        {
            case CarrierEvent.Received:
                OnData(message);
                break;

            case CarrierEvent.Connected:
                Adopt(Sender);
                OnConnected();
                break;

            case CarrierEvent.Closed:
                OnClosed();
                Context.Parent.Tell(new HandlerEnded(carrier.Counters(message)));
                Context.Stop(Self);
                break;

            case CarrierEvent.Failed:
                tally.Fail(carrier.Explain(message));
                break;

            default:
                OnCommand(message);
                break;
        }
    }

    protected void Adopt(IActorRef connection)
    {
        Connection = connection;
        connection.Tell(carrier.Register(Self));
    }

    protected virtual void OnConnected()
    {
    }

    protected virtual void OnData(object received)
    {
    }

    protected virtual void OnClosed()
    {
    }

    protected virtual void OnCommand(object message)
    {
    }
}

/// <summary>The server's end of bulk: reads and checks everything.</summary>
internal sealed class BulkReader(ActorCarrier carrier, Tally tally, IActorRef connection) : ConnectionHandler(carrier, tally)
{
    private readonly ConnectionTally _mine = tally.AddConnection();

    protected override void PreStart() => Adopt(connection);

    protected override void OnData(object received)
    {
        var data = Carrier.Data(received);
        if (!Stamps.Check(data, _mine.BytesReceived))
            Tally.Fail("What arrived is not what was sent: please report this, with the command line and the machine.");
        _mine.OnReceived(data.Length);
        Carrier.Release(received);
    }
}

/// <summary>The server's end of ping and accept: sends back what comes.</summary>
internal sealed class Responder(ActorCarrier carrier, Tally tally, IActorRef connection) : ConnectionHandler(carrier, tally)
{
    protected override void PreStart() => Adopt(connection);

    protected override void OnData(object received) => Connection.Tell(Carrier.Echo(received));
}

/// <summary>A client's end: opens its connection when it starts, and closes it when it is told to.</summary>
internal abstract class ClientHandler(ActorCarrier carrier, Tally tally, int port, IActorRef? listener) : ConnectionHandler(carrier, tally)
{
    protected override void PreStart() => Carrier.Manager.Tell(Carrier.Connect(port, listener));

    protected override void OnConnected() => Context.Parent.Tell(new ClientOpened(Connection));

    protected override void OnCommand(object message)
    {
        if (message is Finish)
            Connection.Tell(Carrier.Close);
    }
}

/// <summary>The client's end of bulk: as many writes of one size as the connection holds, each filled again when its memory is free.</summary>
internal sealed class BulkWriter(ActorCarrier carrier, Tally tally, int port, IActorRef? listener, int writeBytes, int chunks)
    : ClientHandler(carrier, tally, port, listener)
{
    private readonly ConnectionTally _mine = tally.AddConnection();
    private readonly Stack<Chunk> _free = new();
    private int _made;
    private bool _finishing;
    private long _offset;
    private long _left;

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Chunk chunk:
                _mine.OnSent(chunk.Bytes.Length);
                _free.Push(chunk);
                Fill();
                break;

            case Go go:
                _left = go.Bytes;
                Fill();
                break;

            case Finish:
                _left = 0;
                _finishing = true;
                Fill();
                break;
        }
    }

    private void Fill()
    {
        while (_left > 0 && Take((int)Math.Min(writeBytes, _left)) is { } chunk)
        {
            Stamps.Write(chunk.Bytes, _offset);
            _offset += chunk.Bytes.Length;
            _left -= chunk.Bytes.Length;
            Connection.Tell(Carrier.Write(chunk.Bytes, chunk));
        }

        if (_left > 0 || _free.Count < _made)
            return;
        Context.Parent.Tell(ClientSent.Instance);

        // Not before: Akka.IO.Tcp drops writes that are under way when it closes.
        if (_finishing)
            base.OnCommand(Finish.Instance);
    }

    private Chunk? Take(int bytes)
    {
        if (!_free.TryPop(out var chunk))
        {
            if (_made == chunks)
                return null;
            _made++;
            chunk = new Chunk(bytes);
        }

        // The last piece, or the first one after it.
        return chunk.Bytes.Length == bytes ? chunk : new Chunk(bytes);
    }
}

/// <summary>The client's end of ping: one message on its way at a time.</summary>
internal sealed class Pinger(ActorCarrier carrier, Tally tally, int port, IActorRef? listener, int messageBytes) : ClientHandler(carrier, tally, port, listener)
{
    // A buffer is the connection's until its bytes are delivered: the answer shows that of the one before.
    private readonly byte[][] _messages = [new byte[messageBytes], new byte[messageBytes], new byte[messageBytes], new byte[messageBytes]];
    private long _number;
    private int _missing;
    private Moment _sent;
    private bool _finishing;

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Go:
                Send();
                Context.Parent.Tell(ClientSent.Instance);
                break;

            case Finish when _missing > 0:
                _finishing = true;
                break;

            case Finish:
                base.OnCommand(message);
                break;
        }
    }

    protected override void OnData(object received)
    {
        var data = Carrier.Data(received);
        if (_missing == messageBytes && data.Length >= sizeof(long) && BinaryPrimitives.ReadInt64LittleEndian(data) != _number)
            Tally.Fail("An answer is not what was asked: please report this, with the command line and the machine.");
        _missing -= data.Length;
        if (_missing > 0)
            return;
        Tally.OnCompleted(_sent.Elapsed);
        if (_finishing)
            Connection.Tell(Carrier.Close);
        else
            Send();
    }

    private void Send()
    {
        _number++;
        var message = _messages[_number % _messages.Length];
        BinaryPrimitives.WriteInt64LittleEndian(message, _number);
        _missing = messageBytes;
        _sent = Moment.Now;
        Connection.Tell(Carrier.Write(message, null));
    }
}

/// <summary>The client's end of accept: connects, sends one message, closes when it has come back, and is done when both ends are closed.</summary>
internal sealed class Caller(ActorCarrier carrier, Tally tally, int port, IActorRef? listener, byte[] message) : ClientHandler(carrier, tally, port, listener)
{
    private readonly Moment _start = Moment.Now;
    private int _missing = message.Length;

    protected override void OnConnected() => Connection.Tell(Carrier.Write(message, null));

    protected override void OnData(object received)
    {
        _missing -= Carrier.Data(received).Length;
        if (_missing == 0)
            Connection.Tell(Carrier.Close);
    }

    protected override void OnClosed()
    {
        if (_missing == 0)
            Tally.OnCompleted(_start.Elapsed);
        else
            Tally.Fail("A connection was closed before the answer came.");
    }
}
