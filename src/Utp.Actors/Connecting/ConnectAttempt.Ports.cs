using System.Net;
using System.Net.Sockets;
using Akka.Actor;

namespace Utp.Actors;

// The attempt's own ports: one for each IP version that it needs, unless the user chose the one port. Opened one after the other.
internal sealed partial class ConnectAttempt
{
    private readonly Dictionary<AddressFamily, IActorRef> _ports = [];
    private readonly Queue<Try> _waitForPort = new();
    private bool _isOpeningPort;
    private bool _socketGiven;

    private void OpenOwnPort(Try next)
    {
        if (_isOpeningPort)
        {
            _waitForPort.Enqueue(next);
            return;
        }

        if (_ports.TryGetValue(KeyOf(next), out var port))
        {
            OpenThrough(port, next);
            return;
        }

        var local = (IPEndPoint?)connect.LocalAddress;
        if (local is { AddressFamily: AddressFamily.InterNetwork } && next.Remote.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Failed(next, new Failure(Messages.FailureCause.InvalidAddress, $"{next.Remote} cannot be reached from {local}: the IP versions differ."));
            return;
        }

        _waitForPort.Enqueue(next);
        _isOpeningPort = true;
        _socketGiven = true;
        var any = next.Remote.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        manager.Tell(new OpenPort(local ?? new IPEndPoint(any, 0), connect.Socket));
    }

    // A port that the user chose serves all addresses.
    private AddressFamily KeyOf(Try one) =>
        connect.Socket is not null || connect.LocalAddress is not null ? AddressFamily.Unspecified : one.Remote.AddressFamily;

    private void OnBound()
    {
        _isOpeningPort = false;
        var first = _waitForPort.Peek();
        _ports[KeyOf(first)] = Context.Watch(Sender);
        GoOnWithPorts();
    }

    private void OnPortFailed(in Failure failure)
    {
        _isOpeningPort = false;
        var first = _waitForPort.Dequeue();
        Failed(first, failure);
        GoOnWithPorts();
    }

    private void GoOnWithPorts()
    {
        if (_isOver)
            Context.Stop(Self);
        while (!_isOpeningPort && !_isOver && _waitForPort.TryDequeue(out var next))
        {
            if (_cancelled is { } cancelled)
                Failed(next, cancelled);
            else
                OpenOwnPort(next);
        }
    }

    private void OnPortTerminated(IActorRef dead)
    {
        foreach (var (key, port) in _ports)
        {
            if (!port.Equals(dead))
                continue;
            _ports.Remove(key);
            foreach (var one in _tries.ToArray())
            {
                if (!one.HasFailed && !_isOver && KeyOf(one) == key)
                    Failed(one, Failures.OfClientPort(one.Remote));
            }

            return;
        }
    }

    private void ReleasePorts()
    {
        foreach (var port in _ports.Values)
        {
            Context.Unwatch(port);
            port.Tell(ReleasePort.Instance);
        }

        if (!_socketGiven)
            connect.Socket?.Dispose();
    }
}
