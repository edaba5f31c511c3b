using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Utp.Remote;

namespace Utp.Hosting.Tests;

/// <summary>Remoting over uTP in a hosted program.</summary>
public sealed class RemotingTests
{
    private const string Check = "utp-remoting";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_hosts_talk_over_uTP_with_and_without_TLS(bool isEncrypted)
    {
        using var certificate = Certificate();
        await using var one = Hosted(certificate);
        await using var other = Hosted(certificate);
        await one.StartAsync();
        await other.StartAsync();
        other.System.ActorOf(Props.Create<Mirror>(), "mirror");

        var address = ((ExtendedActorSystem)other.System).Provider.DefaultAddress;
        var answer = await one.System.ActorSelection(new RootActorPath(address) / "user" / "mirror").Ask<string>("hello", HostedSystem.Patience);

        Assert.Equal("hello", answer);
        Assert.Equal(isEncrypted ? "akka.ssl.utp" : "akka.utp", address.Protocol);
        var entry = (await other.CheckHealthAsync()).Entries[Check];
        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(1, entry.Data["associations"]);
        Assert.EndsWith($"{address.Host}:{address.Port}", (string)entry.Data["address"], StringComparison.Ordinal);
        Assert.Contains("ready", entry.Tags);

        HostedSystem Hosted(X509Certificate2 own) => new(akka => akka.WithUtpRemoting(remoting =>
        {
            (remoting.Hostname, remoting.Port) = ("127.0.0.1", 0);
            if (isEncrypted)
                (remoting.Certificate, remoting.ValidateCertificate) = (own, (_, peer, _, _) => peer is not null && peer.GetCertHashString() == own.GetCertHashString());
        }));
    }

    [Fact]
    public async Task Options_arrive_at_the_transport_and_properties_hold_over_its_HOCON()
    {
        await using var host = new HostedSystem(akka => akka.WithUtpRemoting(static remoting =>
        {
            (remoting.Hostname, remoting.Port, remoting.PublicHostname, remoting.PublicPort) = ("127.0.0.1", 0, "node-1.example", 4_053);
            remoting.MaximumFrameBytes = 500_000;
            remoting.OrdinaryLanes = 3;
            remoting.LargeMessageDestinations.Add("/user/reports/*");
            remoting.Hocon = "maximum-frame-size = 400000b\nflush-timeout = 1s";
        }));
        await host.StartAsync();

        var config = host.System.Settings.Config.GetConfig("akka.remote.utp");
        Assert.Equal(500_000, config.GetByteSize("maximum-frame-size"));
        Assert.Equal(3, config.GetInt("lanes.ordinary"));
        Assert.Equal(["/user/reports/*"], config.GetStringList("large-message-destinations"));
        Assert.Equal(TimeSpan.FromSeconds(1), config.GetTimeSpan("flush-timeout"));
        var transport = Assert.Single(UtpTransport.Of(host.System));
        Assert.Equal(("node-1.example", 4_053), (transport.Status.LocalAddress!.Host, transport.Status.LocalAddress.Port));
    }

    [Fact]
    public async Task A_provider_that_was_chosen_before_stays()
    {
        await using var host = new HostedSystem(static akka => akka.WithActorRefProvider(ProviderSelection.Local.Instance).WithUtpRemoting("127.0.0.1", 0));
        await host.StartAsync();

        var entry = (await host.CheckHealthAsync()).Entries[Check];

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("enabled-transports", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_stops_the_start()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        var host = new HostedSystem(akka => akka.WithUtpRemoting("127.0.0.1", port));

        var error = await Assert.ThrowsAnyAsync<Exception>(host.StartAsync);

        Assert.Contains($"127.0.0.1:{port}", Sentences(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_setting_stops_the_start_and_is_named()
    {
        var host = new HostedSystem(static akka => akka.WithUtpRemoting(static remoting => (remoting.Hostname, remoting.Port, remoting.OrdinaryLanes) = ("127.0.0.1", 0, 9)));

        var error = await Assert.ThrowsAnyAsync<Exception>(host.StartAsync);

        Assert.Contains("lanes.ordinary", Sentences(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_health_check_may_have_another_name_and_none_is_made_without_one()
    {
        await using var named = new HostedSystem(static akka => akka.WithUtpRemoting(static remoting => (remoting.Hostname, remoting.Port, remoting.HealthCheckName) = ("127.0.0.1", 0, "cluster-port")));
        await using var unnamed = new HostedSystem(static akka => akka.WithUtpRemoting(static remoting => (remoting.Hostname, remoting.Port, remoting.HealthCheckName) = ("127.0.0.1", 0, null)));
        await named.StartAsync();
        await unnamed.StartAsync();

        Assert.Equal(["cluster-port"], (await named.CheckHealthAsync()).Entries.Keys);
        Assert.Empty((await unnamed.CheckHealthAsync()).Entries);
    }

    private static string Sentences(Exception error) => error.ToString();

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private sealed class Mirror : UntypedActor
    {
        protected override void OnReceive(object message) => Sender.Tell(message);
    }
}
