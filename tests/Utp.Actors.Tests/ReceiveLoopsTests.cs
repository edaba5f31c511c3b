using System.Runtime.Versioning;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>A port that several sockets share, each read by a thread.</summary>
[SupportedOSPlatform("linux")]
public sealed class ReceiveLoopsTests(ITestOutputHelper output) : UtpSpec(output, "utp.socket.receive-loops = 3")
{
    [Fact]
    public void Connections_from_many_ports_all_find_their_own_bytes()
    {
        const int Each = 300_000;
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var pairs = Enumerable.Range(0, 12).Select(_ => OpenPair(listener, acceptor, address)).ToList();
        for (var i = 0; i < pairs.Count; i++)
        {
            pairs[i].A.Tell(new Write(Bytes(Each, i)));
            pairs[i].B.Tell(new Write(Bytes(Each, 100 + i)));
        }

        for (var i = 0; i < pairs.Count; i++)
        {
            Assert.Equal(Bytes(Each, i), pairs[i].B.ExpectBytes(Each));
            Assert.Equal(Bytes(Each, 100 + i), pairs[i].A.ExpectBytes(Each));
        }
    }

    [Fact]
    public void A_listener_may_connect_and_be_connected_to_on_its_shared_port()
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor);
        var (through, _) = BindTo(CreateTestProbe());
        for (var i = 0; i < 8; i++)
        {
            var pair = OpenPair(listener, acceptor, address, connect => connect with { Listener = through });
            pair.A.Tell(new Write(Bytes(50_000, i)));
            Assert.Equal(Bytes(50_000, i), pair.B.ExpectBytes(50_000));
        }
    }

    [Fact]
    public void Each_loop_has_a_socket_and_syns_have_one_more()
    {
        var (_, address) = BindTo(CreateTestProbe());
        // proc(5): the local address is the second column, its port in hexadecimal digits behind the colon.
        var port = $":{address.Port:X4}";
        Assert.Equal(3 + 1, File.ReadLines("/proc/net/udp").Skip(1).Count(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].EndsWith(port, StringComparison.Ordinal)));
    }

    [Fact]
    public void A_port_that_its_listener_shares_with_itself_is_refused_to_others_and_free_when_it_is_gone()
    {
        var (listener, address) = BindTo(CreateTestProbe());
        var binder = CreateTestProbe();
        Manager.Tell(new Bind(null, address), binder.Ref);
        Assert.Equal(FailureCause.AddressInUse, binder.ExpectMsg<CommandFailed>().Cause);

        Watch(listener);
        listener.Tell(Unbind.Instance, TestActor);
        ExpectMsg<Unbound>();
        ExpectTerminated(listener);
        Manager.Tell(new Bind(null, address), binder.Ref);
        binder.ExpectMsg<Bound>();
    }
}
