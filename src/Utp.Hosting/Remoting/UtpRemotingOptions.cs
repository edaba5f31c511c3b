using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Utp.Hosting;

/// <summary>
/// What remoting over uTP does differently from <c>config/utp-remote.hocon</c>, where meanings, units, defaults and ranges stand. Null: as configured elsewhere, or the default. A section of
/// <c>IConfiguration</c> can be bound to it. A wrong value stops the host's start with an error that names key, value and range.
/// </summary>
public sealed class UtpRemotingOptions
{
    /// <summary><c>hostname</c>: where to listen.</summary>
    public string? Hostname { get; set; }

    /// <summary><c>port</c>, UDP; 0: any free one.</summary>
    public int? Port { get; set; }

    /// <summary><c>public-hostname</c>: how others reach this node, when that is not <see cref="Hostname"/>.</summary>
    public string? PublicHostname { get; set; }

    /// <summary><c>public-port</c>: how others reach it, when that is not <see cref="Port"/>.</summary>
    public int? PublicPort { get; set; }

    /// <summary><c>maximum-frame-size</c>, bytes of the largest serialised message.</summary>
    public int? MaximumFrameBytes { get; set; }

    /// <summary><c>lanes.control</c>: whether heartbeats have a lane of their own.</summary>
    public bool? ControlLane { get; set; }

    /// <summary><c>lanes.ordinary</c>: lanes for all else, 1 to 6.</summary>
    public int? OrdinaryLanes { get; set; }

    /// <summary><c>large-message-destinations</c>: recipients whose messages go on a lane of their own, as "/user/reports/*".</summary>
    public IList<string> LargeMessageDestinations { get; } = [];

    /// <summary>TLS with this certificate, which must have its private key; the host does not dispose of it. Null: as <c>enable-ssl</c> says.</summary>
    public X509Certificate2? Certificate { get; set; }

    /// <summary>Decides about a peer's certificate, in place of all other checks; called on any thread. Null: <c>ssl {}</c> decides.</summary>
    public RemoteCertificateValidationCallback? ValidateCertificate { get; set; }

    /// <summary>HOCON of any other key, written as below <c>akka.remote.utp { … }</c>. Where a property above says the same, the property holds.</summary>
    public string? Hocon { get; set; }

    /// <summary>The name of the health check; null: there is none.</summary>
    public string? HealthCheckName { get; set; } = "utp-remoting";

    /// <summary>The tags of the health check, by which end points choose; the host adds its own.</summary>
    public ICollection<string> HealthCheckTags { get; } = ["utp", "ready"];
}
