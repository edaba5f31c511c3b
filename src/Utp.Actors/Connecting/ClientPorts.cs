using System.Net.Sockets;
using Akka.Actor;

namespace Utp.Actors;

/// <summary>
/// The ports of connections whose <see cref="Messages.Connect"/> asks for none: one for each IP version, shared, opened for the first connection and closed behind the last
/// (design note 38). Owned by the manager, which alone calls it: so what a port is told to open always comes before the word that it is not needed any more.
/// </summary>
/// <param name="open">Begins to open a port; what comes of it is told to <see cref="OnOpened"/> or <see cref="OnFailed"/>, perhaps at once.</param>
/// <param name="manager">In whose name failures are told.</param>
internal sealed class ClientPorts(Action<AddressFamily> open, IActorRef manager)
{
    /// <summary>
    /// How many connections one port has; the next one opens another. A connection takes two of the 65,536 ids that a port has with one peer, and keeps their neighbours free:
    /// with 10,000 of them every third id is free, and none is found when there are about 13,000.
    /// </summary>
    public const int MaxConnections = 8_192;

    private readonly Dictionary<AddressFamily, ClientPort> _ports = [];

    /// <summary>Opens a connection through the port of its IP version.</summary>
    public void Open(OpenConnection connection)
    {
        var family = connection.Remote.AddressFamily;
        if (_ports.TryGetValue(family, out var port))
        {
            port.Door.Add(connection, port.Listener);
            return;
        }

        port = new ClientPort();
        port.Door.Add(connection, null);
        _ports.Add(family, port);
        open(family);
    }

    /// <summary>What waits for a port that is being opened.</summary>
    public OpenQueue DoorOf(AddressFamily family) => _ports[family].Door;

    /// <summary>A port is open.</summary>
    public void OnOpened(AddressFamily family, IActorRef listener)
    {
        var port = _ports[family];
        port.Listener = listener;
        port.Door.TellOf(listener);
    }

    /// <summary>A port could not be opened: what waits for it fails.</summary>
    public void OnFailed(AddressFamily family, in Failure failure)
    {
        if (!_ports.Remove(family, out var port))
            return;
        while (port.Door.TryTake(out var waiting))
            waiting.Fail(failure, manager);
    }

    /// <summary>
    /// A port has no connection left, or takes no more: nothing is opened through it from now on. It stops behind its last connection, and behind what it was told to open before.
    /// </summary>
    public void GiveUp(IActorRef listener)
    {
        foreach (var (family, port) in _ports)
        {
            if (!listener.Equals(port.Listener))
                continue;
            _ports.Remove(family);
            listener.Tell(ReleasePort.Instance);
            return;
        }
    }

    private sealed class ClientPort
    {
        /// <summary>What is to be opened through it.</summary>
        public OpenQueue Door { get; } = new();

        /// <summary>Null while it is being opened.</summary>
        public IActorRef? Listener { get; set; }
    }
}
