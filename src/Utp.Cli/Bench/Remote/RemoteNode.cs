using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;
using Utp.Remote;

namespace Utp.Cli;

/// <summary>An actor system with Akka.Remote over one of the transports: that transport's defaults, and a frame that holds a message of 1 MB.</summary>
internal static class RemoteNode
{
    public const string SystemName = "bench";

    public static ActorSystem Start(BenchCarrier carrier, string host, Config configuration)
    {
        var isUtp = carrier is BenchCarrier.RemoteUtp or BenchCarrier.RemoteUtpTls;
        var isTls = carrier is BenchCarrier.RemoteUtpTls or BenchCarrier.RemoteTcpTls;
        var section = carrier == BenchCarrier.RemoteDirect ? "akka.remote.direct" : isUtp ? "akka.remote.utp" : "akka.remote.dot-netty.tcp";
        var config = ConfigurationFactory.ParseString($$"""
            akka {
              actor.provider = remote
              loglevel = WARNING
              stdout-loglevel = OFF
              loggers = []
              remote.enabled-transports = ["{{section}}"]
            }
            {{section}} { hostname = "{{host}}", port = 0, maximum-frame-size = 2MiB, enable-ssl = {{(isTls ? "on" : "off")}} }
            akka.remote.utp.transport-class = "Utp.Remote.UtpTransport, Utp.Remote"
            akka.remote.direct { transport-class = "{{typeof(DirectTransport).AssemblyQualifiedName}}", applied-adapters = [] }
            """).WithFallback(configuration);
        var setup = BootstrapSetup.Create().WithConfig(config);
        if (!isTls)
            return ActorSystem.Create(SystemName, setup);
        var certificate = OwnCertificate();
        return ActorSystem.Create(SystemName, setup.And(isUtp
            ? new UtpRemoteTlsSetup(certificate, (_, peer, _, _) => peer?.Subject == certificate.Subject)
            : (Setup)new DotNettySslSetup(certificate, suppressValidation: true)));
    }

    /// <summary>The same on both sides of the comparison: ECDSA P-256, as certificates are made today.</summary>
    private static X509Certificate2 OwnCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
