namespace Utp.Actors;

/// <summary>How datagrams reach the wire: <c>utp.channel</c>.</summary>
public enum ChannelDriver
{
    /// <summary>The best driver of this machine.</summary>
    Auto,

    /// <summary>System calls that carry many datagrams, on Linux; elsewhere the same as <see cref="Socket"/>.</summary>
    Batched,

    /// <summary>One datagram per system call, everywhere.</summary>
    Socket,

    /// <summary>An adapter over <see cref="Akka.IO.Udp"/>.</summary>
    AkkaIO,
}
