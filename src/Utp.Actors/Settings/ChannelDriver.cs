namespace Utp.Actors;

/// <summary>How datagrams reach the wire: <c>utp.channel</c>.</summary>
public enum ChannelDriver
{
    /// <summary>The best driver of this machine.</summary>
    Auto,

    /// <summary><see cref="System.Net.Sockets.Socket"/>, everywhere.</summary>
    Socket,

    /// <summary>An adapter over <see cref="Akka.IO.Udp"/>.</summary>
    AkkaIO,
}
