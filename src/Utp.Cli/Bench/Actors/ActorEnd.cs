using Akka.Actor;

namespace Utp.Cli;

/// <summary>An end whose work is done by actors.</summary>
internal sealed class ActorEnd(ActorCarrier carrier, EndPlan plan, Tally tally) : IBenchEnd
{
    private readonly IActorRef _root = carrier.System.ActorOf(Props.CreateBy(new Made<EndRoot>(
        () => plan.IsServer ? new ServerRoot(carrier, tally, plan) : new ClientRoot(carrier, tally, plan))));

    public Task<int[]> OpenAsync(IReadOnlyList<int> serverPorts) => AskAsync<int[]>(done => new OpenEnd(serverPorts, done));

    public Task GoAsync(long bytes)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _root.Tell(new GoEnd(bytes, done));
        return done.Task;
    }

    public Task<PacketCount?> CountPacketsAsync() => AskAsync<PacketCount?>(static done => new CountEnd(done));

    public Task FinishAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _root.Tell(new FinishEnd(done));
        return done.Task;
    }

    public ValueTask DisposeAsync() => carrier.DisposeAsync();

    private Task<T> AskAsync<T>(Func<TaskCompletionSource<T>, object> request)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _root.Tell(request(done));
        return done.Task;
    }
}
