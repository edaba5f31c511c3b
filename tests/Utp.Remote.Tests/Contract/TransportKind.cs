namespace Utp.Remote.Tests.Contract;

/// <summary>One transport that the contract is held against.</summary>
/// <param name="Name">For people.</param>
/// <param name="Path">Of its section.</param>
/// <param name="TransportClass">As the configuration names it.</param>
/// <param name="Section">What its section has beside host and port.</param>
/// <param name="Scheme">In addresses.</param>
/// <param name="SharedSection">Where its defaults stand; null: it merges its own.</param>
public sealed record TransportKind(string Name, string Path, string TransportClass, string Section, string Scheme, string? SharedSection = null)
{
    public static readonly TransportKind Utp = new("uTP", "akka.remote.utp", "Utp.Remote.UtpTransport, Utp.Remote", "", "utp");

    /// <summary>Without lanes.</summary>
    public static readonly TransportKind UtpOneLane = Utp with { Name = "uTP, one lane", Section = "lanes { control = off }" };

    /// <summary>With all of them.</summary>
    public static readonly TransportKind UtpAllLanes = Utp with { Name = "uTP, six lanes", Section = "lanes { ordinary = 4 }\nlarge-message-destinations = [\"/user/large\"]" };

    /// <summary>With TLS.</summary>
    public static readonly TransportKind UtpTls = Utp with { Name = "uTP + TLS", Section = TestCertificates.Section(), Scheme = "ssl.utp" };

    /// <summary>Akka's own, as the control: what it does not pass is no contract.</summary>
    public static readonly TransportKind AkkaTcp =
        new("Akka's TCP", "akka.remote.dot-netty.tcp", "Akka.Remote.Transport.DotNetty.TcpTransport, Akka.Remote", "", "tcp", "akka.remote.dot-netty.tcp");

    /// <summary>The configuration of an actor system that uses it.</summary>
    public string Hocon(int port = 0, string extra = "") => $$"""
        akka {
          actor.provider = remote
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = []
          remote.enabled-transports = ["{{Path}}"]
        }
        {{Path}} {
          transport-class = "{{TransportClass}}"
          hostname = 127.0.0.1
          port = {{port}}
          {{Section}}
        }
        {{extra}}
        """;

    public override string ToString() => Name;
}
