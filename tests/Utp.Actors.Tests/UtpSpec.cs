using System.Net;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>An actor system with uTP on loopback sockets. Waits are bounded by the test kit.</summary>
public abstract class UtpSpec : TestKit
{
    // The same tests hold for every driver: UTP_TEST_CHANNEL=socket dotnet test.
    private static readonly string Base =
        $"""
        utp.channel = {Environment.GetEnvironmentVariable("UTP_TEST_CHANNEL") ?? "auto"}
        akka.loglevel = INFO
        akka.stdout-loglevel = OFF
        akka.test.single-expect-default = 60s
        akka.test.default-timeout = 60s
        akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
        utp.shutdown-flush-timeout = 500ms
        utp.time-wait = 20ms
        """;

    protected UtpSpec(ITestOutputHelper output, string config = "")
        : base(ConfigurationFactory.ParseString(config).WithFallback(ConfigurationFactory.ParseString(Base)), output: output)
    {
    }

    internal UtpSpec(ITestOutputHelper output, Setup setup)
        : base(ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString(Base).WithFallback(DefaultConfig)), setup), output: output)
    {
    }

    internal UtpSpec(ITestOutputHelper output, FaultyPorts ports, string config = "")
        : base(
            ActorSystemSetup.Create(
                BootstrapSetup.Create().WithConfig(
                    ConfigurationFactory.ParseString(config).WithFallback(ConfigurationFactory.ParseString(Base)).WithFallback(DefaultConfig)),
                ports.Setup),
            output: output)
    {
    }

    protected static IPEndPoint Loopback => new(IPAddress.Loopback, 0);

    protected IActorRef Manager => Sys.Utp();

    /// <summary>A bound listener and where it is.</summary>
    protected (IActorRef Listener, IPEndPoint Address) BindTo(TestProbe acceptor, Func<Bind, Bind>? change = null)
    {
        var bind = new Bind(acceptor.Ref, Loopback);
        var binder = CreateTestProbe();
        Manager.Tell(change?.Invoke(bind) ?? bind, binder.Ref);
        var bound = binder.ExpectMsg<Bound>();
        return (binder.LastSender, bound.LocalAddress);
    }

    /// <summary>Two connected and registered ends.</summary>
    protected Pair OpenPair(
        Func<Bind, Bind>? bind = null, Func<Connect, Connect>? connect = null, Func<Register, Register>? registerA = null, Func<Register, Register>? registerB = null)
    {
        var acceptor = CreateTestProbe();
        var (listener, address) = BindTo(acceptor, bind);
        return OpenPair(listener, acceptor, address, connect, registerA, registerB);
    }

    protected Pair OpenPair(
        IActorRef listener, TestProbe acceptor, IPEndPoint address, Func<Connect, Connect>? connect = null, Func<Register, Register>? registerA = null, Func<Register, Register>? registerB = null)
    {
        var a = Open(address, connect, registerA);
        acceptor.ExpectMsg<Connected>();
        var connection = acceptor.LastSender;
        var handler = CreateTestProbe();
        var register = new Register(handler.Ref);
        connection.Tell(registerB?.Invoke(register) ?? register, handler.Ref);
        return new Pair(a, new End(connection, handler), listener, address);
    }

    /// <summary>A connected and registered initiator.</summary>
    protected End Open(IPEndPoint address, Func<Connect, Connect>? change = null, Func<Register, Register>? changeRegister = null)
    {
        var probe = CreateTestProbe();
        var connect = new Connect(address);
        Manager.Tell(change?.Invoke(connect) ?? connect, probe.Ref);
        probe.ExpectMsg<Connected>();
        var connection = probe.LastSender;
        var register = new Register(probe.Ref);
        connection.Tell(changeRegister?.Invoke(register) ?? register, probe.Ref);
        return new End(connection, probe);
    }

    protected static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}

/// <summary>One end of a connection, with its handler.</summary>
public sealed record End(IActorRef Connection, TestProbe Handler)
{
    public void Tell(UtpCommand command) => Connection.Tell(command, Handler.Ref);

    /// <summary>The next bytes of the stream, exactly so many.</summary>
    public byte[] ExpectBytes(int count)
    {
        var bytes = new List<byte>(count);
        while (bytes.Count < count)
            bytes.AddRange(Handler.ExpectMsg<Received>().Data.ToArray());
        Xunit.Assert.Equal(count, bytes.Count);
        return [.. bytes];
    }
}

/// <summary>Both ends of a connection: A connected, B accepted.</summary>
public sealed record Pair(End A, End B, IActorRef Listener, IPEndPoint Address);
