using Utp.Actors;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>What the faces need to know of their connection's settings.</summary>
internal sealed record FaceSettings
{
    // Of unread bytes: enough that a reader who keeps up hardly ever suspends the connection, little enough for thousands who do not: it is not counted in
    // utp.unread-memory.
    private const int ReceiveMark = 128 << 10;

    /// <summary>See <see cref="UtpConnectionOptions.Linger"/>.</summary>
    public required TimeSpan Linger { get; init; }

    /// <summary>How received data is cut.</summary>
    public required DeliveryMode Mode { get; init; }

    /// <summary>Above so many unread bytes the connection keeps what arrives.</summary>
    public required int ReceiveMarkBytes { get; init; }

    /// <summary>Memory of writes that are not acknowledged.</summary>
    public required int SendBytes { get; init; }

    /// <summary>The largest message.</summary>
    public required int MaxFrameBytes { get; init; }

    /// <summary>Whether metadata that the peer did not negotiate is left out.</summary>
    public required bool DropsUnsupportedMetadata { get; init; }

    /// <summary>Bytes that the first packet carries.</summary>
    public int InitialDataBytes { get; init; }

    /// <summary>For connections with these options.</summary>
    /// <param name="configured">Of the actor system.</param>
    /// <param name="options">As given.</param>
    /// <param name="mode">Of the face.</param>
    /// <param name="initialDataBytes">Of the first packet: it takes of the send buffer until nobody says when.</param>
    public static FaceSettings Of(UtpSettings configured, UtpConnectionOptions options, DeliveryMode mode, int initialDataBytes = 0)
    {
        var connection = configured.Connection;
        return new FaceSettings
        {
            Linger = options.Linger,
            Mode = mode,
            ReceiveMarkBytes = Math.Min(ReceiveMark, options.Protocol?.MaxReceiveWindowBytes ?? connection.MaxReceiveWindowBytes),
            SendBytes = Math.Max(Chunk.CapacityFor(1), (options.Protocol?.SendBufferBytes ?? connection.SendBufferBytes) - initialDataBytes),
            MaxFrameBytes = options.Protocol?.MaxFrameBytes ?? connection.MaxFrameBytes,
            DropsUnsupportedMetadata = options.Protocol?.DropUnsupportedMetadata ?? connection.DropUnsupportedMetadata,
            InitialDataBytes = initialDataBytes,
        };
    }
}
