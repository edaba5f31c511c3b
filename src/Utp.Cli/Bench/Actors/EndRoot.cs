using Akka.Actor;

namespace Utp.Cli;

/// <summary>The parent of an end's handlers. A handler that throws ends the benchmark.</summary>
internal abstract class EndRoot(ActorCarrier carrier, Tally tally) : UntypedActor
{
    private readonly HashSet<IActorRef> _connections = [];
    private int _unanswered;
    private CountEnd? _count;
    private PacketCount _living;
    private PacketCount _ended;

    protected ActorCarrier Carrier => carrier;

    protected Tally Tally => tally;

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(error =>
    {
        tally.Fail($"A handler failed by a defect ({error.GetType().Name}: {Sentences.OneLine(error.Message)}): please report this.");
        return Directive.Stop;
    });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HandlerEnded ended:
                _ended += ended.Packets ?? default;
                OnHandlerEnded();
                break;

            case CountEnd count:
                Count(count);
                break;

            default:
                if (_count is not null && carrier.Counters(message) is { } counters)
                    OnCounted(counters);
                else
                    OnOther(message);
                break;
        }
    }

    private void OnOther(object message)
    {
        switch (carrier.Read(message))
        {
            case CarrierEvent.Failed:
                tally.Fail(carrier.Explain(message));
                break;

            // Of a connection that has no handler of its own.
            case CarrierEvent.Closed:
                OnHandlerEnded();
                break;

            default:
                OnCommand(message);
                break;
        }
    }

    protected abstract void OnHandlerEnded();

    protected abstract void OnCommand(object message);

    /// <summary>A connection that lives as long as the benchmark does, so that its packets may be asked for.</summary>
    protected void OnLasting(IActorRef connection) => _connections.Add(connection);

    private void Count(CountEnd count)
    {
        if (carrier.AskCounters is not { } ask)
        {
            count.Done.SetResult(null);
            return;
        }

        _count = count;
        _living = default;
        _unanswered = _connections.Count;
        foreach (var connection in _connections)
            connection.Tell(ask);
        Conclude();
    }

    private void OnCounted(PacketCount counters)
    {
        _living += counters;
        _unanswered--;
        Conclude();
    }

    private void Conclude()
    {
        if (_unanswered > 0)
            return;
        _count!.Done.SetResult(_ended + _living);
        _count = null;
    }
}

/// <summary>The server's end: one port, and a handler for each connection.</summary>
internal sealed class ServerRoot(ActorCarrier carrier, Tally tally, EndPlan plan) : EndRoot(carrier, tally)
{
    private OpenEnd? _open;
    private FinishEnd? _finish;
    private int _alive;

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case OpenEnd open:
                _open = open;
                Carrier.Manager.Tell(Carrier.Bind(Self));
                break;

            case FinishEnd finish:
                _finish = finish;
                FinishIfEmpty();
                break;

            default:
                OnEvent(message, Carrier.Read(message));
                break;
        }
    }

    protected override void OnHandlerEnded()
    {
        _alive--;
        FinishIfEmpty();
    }

    private void OnEvent(object message, CarrierEvent kind)
    {
        if (kind == CarrierEvent.Bound)
        {
            _open!.Done.SetResult([Carrier.Port(message)]);
        }
        else if (kind == CarrierEvent.Connected)
        {
            var connection = Sender;
            _alive++;
            // One handler serves all idle ones: theirs is the cost that is asked for.
            if (plan.Work == BenchWork.Idle)
                connection.Tell(Carrier.Register(Self));
            else if (plan.Work == BenchWork.Bulk)
                Context.ActorOf(Props.CreateBy(new Made<BulkReader>(() => new BulkReader(Carrier, Tally, connection))));
            else
                Context.ActorOf(Props.CreateBy(new Made<Responder>(() => new Responder(Carrier, Tally, connection))));
            if (plan.Work is BenchWork.Bulk or BenchWork.Ping)
                OnLasting(connection);
        }
    }

    private void FinishIfEmpty()
    {
        if (_finish is not null && _alive == 0)
            _finish.Done.TrySetResult();
    }
}

/// <summary>Props of a constructor call: nothing is looked up by reflection.</summary>
internal sealed class Made<T>(Func<T> make) : IIndirectActorProducer
    where T : ActorBase
{
    public Type ActorType => typeof(T);

    public ActorBase Produce() => make();

    public void Release(ActorBase actor)
    {
    }
}
