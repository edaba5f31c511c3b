using Akka.Actor;

namespace Utp.Cli;

/// <summary>The client's end: a handler for each connection, opened a bounded number at a time.</summary>
internal sealed class ClientRoot(ActorCarrier carrier, Tally tally, EndPlan plan) : EndRoot(carrier, tally)
{
    private const int MaxOpening = 256;

    private readonly List<IActorRef> _listeners = [];
    private readonly List<IActorRef> _clients = [];
    private readonly byte[] _message = new byte[plan.MessageBytes];
    private readonly int _chunks = Math.Max(2, Outstanding(carrier, plan.Connections) / plan.WriteBytes);
    private OpenEnd? _open;
    private GoEnd? _go;
    private FinishEnd? _finish;
    private int _started;
    private int _opened;
    private int _alive;
    private int _unsent;

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case OpenEnd open:
                Open(open);
                break;

            case ClientOpened opened:
                OnOpened(opened.Connection);
                break;

            case GoEnd go:
                Go(go);
                break;

            case ClientSent:
                if (--_unsent == 0)
                    _go!.Done.TrySetResult();
                break;

            case FinishEnd finish:
                _finish = finish;
                _clients.ForEach(client => client.Tell(plan.Work == BenchWork.Idle ? Carrier.Close : Cli.Finish.Instance));
                FinishIfEmpty();
                break;

            default:
                OnEvent(Carrier.Read(message));
                break;
        }
    }

    protected override void OnHandlerEnded()
    {
        _alive--;
        if (plan.Work == BenchWork.Accept && _finish is null)
            StartOne();
        FinishIfEmpty();
    }

    // All connections together hold about as much as four single ones may: what 100 send buffers would take is no program's.
    private static int Outstanding(ActorCarrier carrier, int connections) =>
        (int)Math.Min(carrier.OutstandingBytes, 4L * carrier.OutstandingBytes / connections);

    private void Open(OpenEnd open)
    {
        _open = open;
        if (!Carrier.SharesPorts || plan.Ports == 0)
        {
            OnPorts();
            return;
        }

        for (var i = 0; i < plan.Ports; i++)
            Carrier.Manager.Tell(Carrier.Bind(null));
    }

    private void OnEvent(CarrierEvent kind)
    {
        if (kind == CarrierEvent.Bound)
        {
            OnListener();
        }
        else if (kind == CarrierEvent.Connected)
        {
            Sender.Tell(Carrier.Register(Self));
            OnOpened(Sender);
        }
    }

    private void OnListener()
    {
        _listeners.Add(Sender);
        if (_listeners.Count == plan.Ports)
            OnPorts();
    }

    private void OnPorts()
    {
        // Those of accept live only while it goes on.
        if (plan.Work == BenchWork.Accept)
        {
            _open!.Done.SetResult([]);
            return;
        }

        for (var i = 0; i < Math.Min(MaxOpening, plan.Connections); i++)
            StartOne();
    }

    private void OnOpened(IActorRef connection)
    {
        _clients.Add(Sender);
        if (plan.Work is BenchWork.Bulk or BenchWork.Ping)
            OnLasting(connection);
        _opened++;
        if (_started < plan.Connections)
            StartOne();
        else if (_opened == plan.Connections)
            _open!.Done.SetResult([]);
    }

    private void StartOne()
    {
        var port = _open!.ServerPorts[_started % _open.ServerPorts.Count];
        var listener = _listeners.Count == 0 ? null : _listeners[_started % _listeners.Count];
        // One handler serves all idle ones: theirs is the cost that is asked for.
        if (plan.Work == BenchWork.Idle)
            Carrier.Manager.Tell(Carrier.Connect(port, listener));
        else
            Context.ActorOf(Handler(port, listener));
        _started++;
        _alive++;
    }

    private Props Handler(int port, IActorRef? listener) => plan.Work switch
    {
        BenchWork.Bulk => Props.CreateBy(new Made<BulkWriter>(() => new BulkWriter(Carrier, Tally, port, listener, plan.WriteBytes, _chunks))),
        BenchWork.Ping => Props.CreateBy(new Made<Pinger>(() => new Pinger(Carrier, Tally, port, listener, plan.MessageBytes))),
        _ => Props.CreateBy(new Made<Caller>(() => new Caller(Carrier, Tally, port, listener, _message))),
    };

    private void Go(GoEnd go)
    {
        _go = go;
        if (plan.Work == BenchWork.Accept)
        {
            for (var i = 0; i < plan.Connections; i++)
                StartOne();
        }

        if (plan.Work is BenchWork.Accept or BenchWork.Idle)
        {
            go.Done.TrySetResult();
            return;
        }

        _unsent = _clients.Count;
        for (var i = 0; i < _clients.Count; i++)
            _clients[i].Tell(new Go(Share(go.Bytes, i)));
        if (go.Bytes == 0)
            go.Done.TrySetResult();
    }

    private long Share(long bytes, int index) => bytes == 0 ? long.MaxValue : bytes / _clients.Count + (index < bytes % _clients.Count ? 1 : 0);

    private void FinishIfEmpty()
    {
        if (_finish is not null && _alive == 0)
            _finish.Done.TrySetResult();
    }
}
