using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Hosting;

/// <summary>What a hosted listener does differently from the configuration; the members mean what those of <see cref="Bind"/> mean.</summary>
public sealed class UtpHostListenerOptions
{
    /// <summary>What accepted connections do differently from the configuration.</summary>
    public UtpOptions? Connections { get; set; }

    /// <summary>Whether accepted connections start with reading suspended, each <see cref="ResumeReading"/> yielding one <see cref="Received"/>.</summary>
    public bool PullMode { get; set; }

    /// <summary>How many connections may be half open; null: as configured.</summary>
    public int? Backlog { get; set; }

    /// <summary>How much strangers may take from this port; null: as configured.</summary>
    public EndpointLimits? Limits { get; set; }

    /// <summary>Whether an IPv6 wildcard address also serves IPv4.</summary>
    public bool DualMode { get; set; } = true;

    /// <summary>The actor that hears <see cref="OutOfBandReceived"/>; null: datagrams that are not uTP are dropped.</summary>
    public Func<ActorSystem, IActorRef>? OutOfBandHandler { get; set; }

    /// <summary>The name of the listener's health check; null: it has none. Set to <c>utp-</c> and the key's name at first.</summary>
    public string? HealthCheckName { get; set; }

    /// <summary>The tags of the health check, by which end points choose; the host adds its own.</summary>
    public ICollection<string> HealthCheckTags { get; } = ["utp", "ready"];
}
