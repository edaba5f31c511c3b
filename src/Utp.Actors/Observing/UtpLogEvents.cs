namespace Utp.Actors;

/// <summary>
/// The names of what uTP logs, which stay when a sentence changes. Each message carries its own as the property <see cref="Property"/>, which Akka's semantic logging hands on to
/// Microsoft's loggers (Akka.Hosting) and to others that take properties; loggers that take text alone see it in brackets at its end. <c>docs/observing.md</c> lists them.
/// </summary>
public static class UtpLogEvents
{
    /// <summary>The property that holds the name.</summary>
    public const string Property = "UtpEvent";

    /// <summary>Warning: the kernel grants smaller socket buffers than were asked for. Once in a process.</summary>
    public const string SmallSocketBuffers = "utp-101";

    /// <summary>Warning: a port has more half-open connections than its limits allow to remember. Once a minute.</summary>
    public const string HalfOpenLimit = "utp-102";

    /// <summary>Warning: a port refuses connections because a limit is reached. Once a minute.</summary>
    public const string ConnectionLimit = "utp-103";

    /// <summary>Warning: a record cannot be written, and ends.</summary>
    public const string RecordFailed = "utp-104";

    /// <summary>Error: a connection failed by a defect, and is closed; others are not affected.</summary>
    public const string ConnectionFailed = "utp-105";

    /// <summary>Warning: a port answers no more packets of unknown connections, because a limit is reached. Once a minute.</summary>
    public const string ResetLimit = "utp-106";

    /// <summary>Warning: a port drops ST_SYNs, because too many connections wait for a handler that accepts them. Once a minute.</summary>
    public const string BacklogLimit = "utp-107";

    /// <summary>Warning: memory for what is received is at its limit. Once a minute for each limit.</summary>
    public const string MemoryLimit = "utp-108";

    /// <summary>Debug: a connection is open.</summary>
    public const string ConnectionOpened = "utp-201";

    /// <summary>Debug: a connection has ended, and why.</summary>
    public const string ConnectionEnded = "utp-202";

    /// <summary>Debug: a connection is aborted because a source of Akka.Streams has no demand for it.</summary>
    public const string ConnectionWithoutDemand = "utp-203";

    /// <summary>Debug: a peer could not be told that a connection is gone.</summary>
    public const string ResetNotSent = "utp-204";

    /// <summary>Warning: settings of Akka.Remote that mean nothing over uTP.</summary>
    public const string RemoteSettingsIgnored = "utp-301";

    /// <summary>Error: the transport of Akka.Remote cannot listen.</summary>
    public const string RemoteCannotListen = "utp-302";

    /// <summary>Warning: a node has no host name that others could reach.</summary>
    public const string RemoteWithoutHostname = "utp-303";

    /// <summary>Debug, with TLS the first one a warning: a connection ended before its first message.</summary>
    public const string RemoteStrangerFailed = "utp-304";

    /// <summary>Warning: a node that speaks another version is refused.</summary>
    public const string RemoteVersionRefused = "utp-305";

    /// <summary>Info: an association has ended, and why.</summary>
    public const string RemoteAssociationEnded = "utp-306";

    /// <summary>Warning: a frame that is too large was dropped. Once an association.</summary>
    public const string RemoteFrameTooLarge = "utp-307";

    /// <summary>Warning: an actor's death is told without its last large messages.</summary>
    public const string RemoteLastMessagesMissing = "utp-308";

    /// <summary>Error: a message that is too large was dropped.</summary>
    public const string RemoteMessageTooLarge = "utp-309";

    /// <summary>Debug, where <c>log-transport</c> is on: bytes of a frame that came.</summary>
    public const string RemoteFrameReceived = "utp-310";

    /// <summary>Debug, where <c>log-transport</c> is on: bytes of a frame that left.</summary>
    public const string RemoteFrameSent = "utp-311";

    /// <summary>Info: an association has lost a connection, and resumes it.</summary>
    public const string RemoteConnectionLost = "utp-312";

    /// <summary>Info: a lane of an association goes on over a new connection.</summary>
    public const string RemoteLaneResumed = "utp-313";
}
