using Utp.Streams;

namespace Utp.Kestrel;

/// <summary>How Kestrel listens with uTP; for all its <see cref="UtpEndPoint"/>s.</summary>
public sealed class UtpTransportOptions
{
    /// <summary>
    /// How ports are bound, and what their connections are like: windows, congestion control, limits, linger time. Its actor system, unless it names one, is the one
    /// registered as a service (by Akka.Hosting), or else the private one of <c>Utp.Streams</c>, which logs to the application's logger factory.
    /// </summary>
    public UtpListenerOptions Listener { get; set; } = new();

    /// <summary>
    /// How many bytes of a connection the transport reads ahead of the server; above them it stops reading, which closes the connection's window. 1 MiB by default; null: no
    /// limit. What waits to be sent is bounded by the connection's send buffer (<c>utp.send-buffer</c>).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public long? MaxReadBufferSize
    {
        get;
        set => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MaxReadBufferSize), value, "MaxReadBufferSize is at least 1, or null.");
    } = 1 << 20;
}
