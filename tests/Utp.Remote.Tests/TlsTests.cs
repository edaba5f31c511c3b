using System.Net;
using System.Net.Security;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote.Transport;
using Google.Protobuf;
using Utp.Messages;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests;

/// <summary>TLS: who is let in, what is said to who is not, and that nobody else is disturbed.</summary>
public sealed class TlsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_scheme_says_that_it_is_TLS()
    {
        await using var node = await TransportNode.StartAsync(TransportKind.UtpTls);

        Assert.Equal("ssl.utp", node.Address.Protocol);
    }

    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_refused_and_both_ends_say_so()
    {
        await using var a = await TransportNode.StartAsync(Untrusting);
        await using var b = await TransportNode.StartAsync(Untrusting);

        var failure = await Assert.ThrowsAsync<InvalidAssociationException>(() => a.Transport.Associate(b.Address).WaitAsync(Patience));

        Assert.Contains("TLS handshake failed", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, b.Accepted.Waiting);
        SpinWait.SpinUntil(() => b.Log.Count("TLS handshake failed") > 0, Patience);
        Assert.Equal(1, b.Log.Count("TLS handshake failed"));
    }

    [Fact]
    public async Task The_acceptor_checks_the_initiators_certificate_unless_it_does_not_want_one()
    {
        // The initiator takes any certificate; the acceptor trusts nobody.
        await using var a = await TransportNode.StartAsync(TransportKind.UtpTls);
        await using var strict = await TransportNode.StartAsync(Untrusting);
        await using var open = await TransportNode.StartAsync(Untrusting, "ssl.require-mutual-authentication = false");

        await Associates(a, open);
        try
        {
            // With TLS 1.3 the initiator is done before the acceptor has looked.
            var handle = await a.Transport.Associate(strict.Address).WaitAsync(Patience);
            Assert.Fail($"{handle} exists.");
        }
        catch (InvalidAssociationException)
        {
        }

        Assert.Equal(0, strict.Accepted.Waiting);
    }

    [Theory]
    [InlineData("validate-certificate-hostname = true", SslPolicyErrors.RemoteCertificateNameMismatch, false)]
    [InlineData("validate-certificate-hostname = false", SslPolicyErrors.RemoteCertificateNameMismatch, true)]
    [InlineData("validate-certificate-hostname = false", SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors, false)]
    [InlineData("validate-certificate-hostname = true", SslPolicyErrors.None, true)]
    public void The_name_in_the_acceptors_certificate_is_checked_on_request(string setting, SslPolicyErrors errors, bool isTaken)
    {
        var config = ConfigurationFactory.ParseString($"ssl {{ {setting} }}").WithFallback(ConfigurationFactory.ParseString(TestCertificates.Section(suppressValidation: false)));
        var tls = UtpTransportSettings.Parse(config, Config.Empty).Tls!;

        Assert.Equal(isTaken, tls.Client("example.org").RemoteCertificateValidationCallback!(this, tls.Certificate, null, errors));
    }

    [Fact]
    public async Task Code_may_give_the_certificate_and_decide_about_the_peers()
    {
        using var ours = TestCertificates.Create("CN=ours");
        var seen = new List<string>();
        var setup = new UtpRemoteTlsSetup(ours, (_, certificate, _, _) =>
        {
            lock (seen)
                seen.Add(certificate!.Subject);
            return certificate!.Subject == "CN=ours";
        });
        await using var a = await TransportNode.StartAsync(TransportKind.UtpTls with { Section = "enable-ssl = true" }, setup: setup);
        await using var b = await TransportNode.StartAsync(TransportKind.UtpTls with { Section = "enable-ssl = true" }, setup: setup);
        await using var stranger = await TransportNode.StartAsync(TransportKind.UtpTls);

        await Associates(a, b);
        await Assert.ThrowsAsync<InvalidAssociationException>(() => a.Transport.Associate(stranger.Address).WaitAsync(Patience));

        Assert.Contains("CN=localhost", seen);
    }

    [Fact]
    public async Task A_plain_peer_a_hostile_one_and_a_stuck_one_disturb_nobody()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.UtpTls);
        await using var b = await TransportNode.StartAsync(TransportKind.UtpTls, "connection-timeout = 1s");
        await using var plain = await TransportNode.StartAsync(TransportKind.Utp);
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        var port = new IPEndPoint(IPAddress.Loopback, b.Address.Port!.Value);

        var refused = Assert.ThrowsAsync<InvalidAssociationException>(() => plain.Transport.Associate(b.Address.WithProtocol("utp")).WaitAsync(Patience));
        var hostile = new RawPeer(plain.System);
        var garbage = new byte[5_000];
        new Random(3).NextBytes(garbage);
        (await hostile.ConnectAsync(port)).Tell(new Write(garbage), hostile);
        var stuck = new RawPeer(plain.System);
        (await stuck.ConnectAsync(port)).Tell(new Write(new byte[] { 22, 3, 1 }), stuck);

        Assert.IsAssignableFrom<ConnectionClosed>(await hostile.ClosedAsync());
        Assert.IsAssignableFrom<ConnectionClosed>(await stuck.ClosedAsync());
        await refused;
        var pdu = ByteString.CopyFrom(new byte[70_000]);
        Assert.True(here.Write(pdu));
        Assert.Equal(pdu, await thereHears.PayloadAsync());
    }

    [Fact]
    public async Task An_initiator_with_TLS_is_told_that_the_peer_has_none()
    {
        await using var a = await TransportNode.StartAsync(TransportKind.UtpTls);
        await using var plain = await TransportNode.StartAsync(TransportKind.Utp);

        var failure = await Assert.ThrowsAsync<InvalidAssociationException>(() => a.Transport.Associate(plain.Address.WithProtocol("ssl.utp")).WaitAsync(Patience));

        Assert.Contains("enable-ssl", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ssl.certificate.path = \"\"", "ssl.certificate.path")]
    [InlineData("ssl.certificate.path = \"/no/such/file.pfx\"", "ssl.certificate")]
    [InlineData("ssl.certificate.password = wrong", "ssl.certificate")]
    [InlineData("ssl.certificate.flags = [ \"no-such-flag\" ]", "ssl.certificate.flags")]
    [InlineData("ssl.certificate.use-thumbprint-over-file = true\nssl.certificate.thumbprint = \"00\"", "ssl.certificate")]
    public void A_certificate_that_cannot_be_used_stops_the_start(string section, string key)
    {
        using var system = ActorSystem.Create("settings", "akka { loglevel = OFF, stdout-loglevel = OFF }");
        var config = ConfigurationFactory.ParseString(section).WithFallback(ConfigurationFactory.ParseString(TestCertificates.Section()));

        var failure = Assert.Throws<ConfigurationException>(() => new UtpTransport(system, config));

        Assert.Contains(key, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_without_its_key_stops_the_start()
    {
        using var system = ActorSystem.Create("settings", "akka { loglevel = OFF, stdout-loglevel = OFF }");
        var config = ConfigurationFactory.ParseString($"ssl.certificate.path = \"{TestCertificates.WithoutKey}\"").WithFallback(ConfigurationFactory.ParseString(TestCertificates.Section()));

        var failure = Assert.Throws<ConfigurationException>(() => new UtpTransport(system, config));

        Assert.Contains("private key", failure.Message, StringComparison.Ordinal);
    }

    private static TransportKind Untrusting => TransportKind.UtpTls with { Section = TestCertificates.Section(suppressValidation: false) };

    private static async Task Associates(TransportNode a, TransportNode b)
    {
        var (here, _, _, thereHears) = await a.AssociateAsync(b);
        var pdu = ByteString.CopyFrom(new byte[1_000]);
        Assert.True(here.Write(pdu));
        Assert.Equal(pdu, await thereHears.PayloadAsync());
    }
}
