using Akka.Actor;

namespace Utp.Dashboard;

/// <summary>What the page shows, and to whom.</summary>
public sealed class UtpDashboardOptions
{
    /// <summary>The actor system whose connections are shown; null: the one among the services.</summary>
    public ActorSystem? ActorSystem { get; set; }

    /// <summary>What stands above the page, as text; null: the actor system's name.</summary>
    public string? Title { get; set; }

    /// <summary>
    /// Whether other machines are answered, too. The page asks nobody for a name and shows the addresses of peers: where it is opened to others, put authorization before it
    /// (<c>MapUtpDashboard(…).RequireAuthorization()</c>).
    /// </summary>
    public bool AllowRemote { get; set; }

    /// <summary>
    /// Names, without a port, under which the page may be asked for beside <c>localhost</c> and addresses of loopback (with <see cref="AllowRemote"/>: all addresses). A name that is not
    /// listed is refused, because a foreign page could make a browser ask under a name that it owns.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>How many browsers may look at the same time; at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int MaxStreams
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 32;
}
