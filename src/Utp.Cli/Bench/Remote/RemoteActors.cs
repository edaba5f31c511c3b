using System.Diagnostics;
using Akka.Actor;
using Akka.Remote;

namespace Utp.Cli;

/// <summary>Takes messages and tells their sender so after each batch.</summary>
internal sealed class RemoteSink(int batch, ConnectionTally tally) : UntypedActor
{
    private int _count;

    protected override void OnReceive(object message)
    {
        if (message is not byte[] bytes)
            return;
        tally.OnReceived(bytes.Length);
        if (++_count < batch)
            return;
        _count = 0;
        Sender.Tell(batch);
    }
}

/// <summary>Sends back what comes.</summary>
internal sealed class RemoteEcho : UntypedActor
{
    protected override void OnReceive(object message) => Sender.Tell(message);
}

/// <summary>
/// Has so many messages under way to a sink, until it is told to stop; then it answers when the sink has all. The time of a batch is counted from its telling to the sink's answer, as if it were
/// done; with <paramref name="counts"/> off it is only load.
/// </summary>
internal sealed class RemoteSource(IActorRef sink, int messageBytes, int window, int batch, Tally tally, ConnectionTally mine, bool counts) : UntypedActor
{
    public const string Stop = "stop";

    private readonly byte[] _message = new byte[messageBytes];
    private readonly Queue<long> _batches = new();
    private IActorRef? _stopper;

    protected override void PreStart()
    {
        for (var i = 0; i < window / batch; i++)
            TellBatch();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case int:
                var began = _batches.Dequeue();
                if (counts)
                    tally.OnCompleted(Stopwatch.GetElapsedTime(began));
                if (_stopper is null)
                    TellBatch();
                break;
            case Stop:
                _stopper = Sender;
                break;
        }

        if (_batches.Count == 0)
            _stopper?.Tell(Stop);
    }

    private void TellBatch()
    {
        _batches.Enqueue(Stopwatch.GetTimestamp());
        for (var i = 0; i < batch; i++)
            sink.Tell(_message, Self);
        mine.OnSent(batch * _message.Length);
    }
}

/// <summary>
/// One message after the other to an echo: the next when the last is back, or after a pause. After a pause it is a heartbeat, and a failure detector with a cluster's settings hears of each that is
/// back; its doubts are counted as they end, and at the end.
/// </summary>
internal sealed class RemotePinger(IActorRef echo, object message, TimeSpan pause, Tally tally) : UntypedActor, IWithTimers
{
    // akka.cluster.failure-detector, as it is by default.
    private const double ClusterThreshold = 8;
    private const int ClusterSamples = 1_000;
    private static readonly TimeSpan ClusterLeastDeviation = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ClusterPause = TimeSpan.FromSeconds(3);

    private readonly PhiAccrualFailureDetector? _detector = pause > TimeSpan.Zero ? new PhiAccrualFailureDetector(ClusterThreshold, ClusterSamples, ClusterLeastDeviation, ClusterPause, pause) : null;
    private long _sent;
    private IActorRef? _stopper;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Ask();

    protected override void OnReceive(object heard)
    {
        switch (heard)
        {
            case var answer when answer.GetType() == message.GetType():
                tally.OnCompleted(Stopwatch.GetElapsedTime(_sent));
                CountAlarm();
                _detector?.HeartBeat();
                if (_stopper is not null)
                    _stopper.Tell(RemoteSource.Stop);
                else if (pause > TimeSpan.Zero)
                    Timers.StartSingleTimer("next", true, pause);
                else
                    Ask();
                break;
            case RemoteSource.Stop when pause > TimeSpan.Zero:
                CountAlarm();
                Sender.Tell(RemoteSource.Stop);
                Context.Stop(Self);
                break;
            case RemoteSource.Stop:
                _stopper = Sender;
                break;
            case true:
                Ask();
                break;
        }
    }

    private void CountAlarm()
    {
        if (_detector is { IsMonitoring: true, IsAvailable: false })
            tally.OnAlarm();
    }

    private void Ask()
    {
        _sent = Stopwatch.GetTimestamp();
        echo.Tell(message, Self);
    }
}

/// <summary>Stands where a cluster has its own, so that a transport treats what its child hears and says as a cluster's heartbeats; the cluster's messages themselves are nobody else's to send.</summary>
internal sealed class RemoteHeart(string childName, Props child) : UntypedActor
{
    private IActorRef _child = ActorRefs.Nobody;

    protected override void PreStart() => _child = Context.ActorOf(child, childName);

    protected override void OnReceive(object message) => _child.Forward(message);
}
