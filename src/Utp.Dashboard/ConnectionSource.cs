using Akka.Actor;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Dashboard;

/// <summary>Where the page's connections come from.</summary>
internal interface IConnectionSource
{
    /// <summary>What the page is called if nobody says otherwise.</summary>
    string Name { get; }

    /// <summary>The connections as they are now. Its exceptions' messages are shown on the page.</summary>
    Task<(ConnectionList List, UtpStatistics All)> LookAsync();
}

/// <summary>The connections of an actor system.</summary>
internal sealed class ActorSystemSource(ActorSystem system) : IConnectionSource
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Name => system.Name;

    public async Task<(ConnectionList List, UtpStatistics All)> LookAsync()
    {
        if (system.WhenTerminated.IsCompleted)
            throw new InvalidOperationException("the actor system has ended.");
        try
        {
            var manager = system.Utp();
            var list = await manager.Ask<ConnectionList>(ListConnections.Instance, Patience).ConfigureAwait(false);
            return (list, await manager.Ask<UtpStatistics>(GetStatistics.Instance, Patience).ConfigureAwait(false));
        }
        catch (AskTimeoutException e)
        {
            throw new InvalidOperationException("the actor system does not answer: it ends, or is very busy.", e);
        }
    }
}
