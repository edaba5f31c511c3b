using System.Collections.Concurrent;
using System.Security.Cryptography;
using Akka.Actor;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

public sealed class ManyConnectionsTests(ITestOutputHelper output) : UtpSpec(output)
{
    private const int Connections = 100;
    private const int BytesEach = 100_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_hundred_connections_carry_their_own_bytes_at_the_same_time(bool onePort)
    {
        var sums = new ConcurrentDictionary<string, int>();
        var acceptor = Sys.ActorOf(Props.Create(() => new HashingAcceptor(sums)));
        Manager.Tell(new Bind(acceptor, Loopback), TestActor);
        var address = ExpectMsg<Bound>().LocalAddress;
        IActorRef? through = null;
        if (onePort)
        {
            Manager.Tell(new Bind(null, Loopback), TestActor);
            ExpectMsg<Bound>();
            through = LastSender;
        }

        for (var i = 0; i < Connections; i++)
            Sys.ActorOf(Props.Create(() => new Sender(new Connect(address) { Listener = through, Timeout = TimeSpan.FromMinutes(1) }, Bytes(BytesEach, i), TestActor)));
        for (var i = 0; i < Connections; i++)
            ExpectMsg<Closed>(TimeSpan.FromSeconds(60));
        AwaitCondition(() => sums.Values.Sum() == Connections, TimeSpan.FromSeconds(60));
        for (var i = 0; i < Connections; i++)
            Assert.Equal(1, sums[Convert.ToHexString(SHA256.HashData(Bytes(BytesEach, i)))]);
    }

    private sealed class HashingAcceptor(ConcurrentDictionary<string, int> sums) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is Connected)
                Sender.Tell(new Register(Context.ActorOf(Props.Create(() => new Hasher(sums)))));
        }
    }

    private sealed class Hasher(ConcurrentDictionary<string, int> sums) : UntypedActor
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Received received:
                    _hash.AppendData(received.Data.Span);
                    break;
                case PeerClosed:
                    sums.AddOrUpdate(Convert.ToHexString(_hash.GetHashAndReset()), 1, static (_, count) => count + 1);
                    Context.Stop(Self);
                    break;
            }
        }

        protected override void PostStop() => _hash.Dispose();
    }

    private sealed class Sender : UntypedActor
    {
        private readonly byte[] _data;
        private readonly IActorRef _report;

        public Sender(Connect connect, byte[] data, IActorRef report)
        {
            _data = data;
            _report = report;
            Context.System.Utp().Tell(connect);
        }

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Connected:
                    base.Sender.Tell(new Register(Self));
                    base.Sender.Tell(new Write(_data));
                    base.Sender.Tell(Close.Instance);
                    break;
                case ConnectionClosed or CommandFailed:
                    _report.Tell(message);
                    break;
            }
        }
    }
}
