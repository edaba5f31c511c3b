using System.Net;
using System.Runtime.CompilerServices;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>
/// A uTP connection that carries messages, each with metadata: what is sent by one call arrives as one message, whatever its size (frame mode). With
/// <see cref="UtpOptions.Delivery"/> set to <see cref="DeliveryMode.Objects"/> it arrives cut as the packets were, each with the metadata. From
/// <see cref="UtpClient.ConnectMessagesAsync(EndPoint, UtpClientOptions?, CancellationToken)"/> or a <see cref="UtpMessageListener"/>; both ends must ask for the same.
/// </summary>
/// <remarks>One send and one receive may go on at the same time; a second of either is an <see cref="InvalidOperationException"/>. All other members: any thread, at any time.</remarks>
public sealed class UtpMessageConnection : IAsyncDisposable, IDisposable
{
    // The rest of extension 2 is the frame's header.
    private const int MaxMetadataOfFrames = 250;
    private const int MaxMetadataOfObjects = 255;

    private readonly ConnectionRef _connection;
    private int _sending;
    private int _receiving;

    internal UtpMessageConnection(ConnectionRef connection) => _connection = connection;

    /// <summary>A connection that was lost without being disposed is reset: nobody can use it any more.</summary>
    ~UtpMessageConnection() => _connection.Abort(null);

    /// <summary>The peer.</summary>
    public IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    /// <summary>Our address as the peer sees it, before any NAT.</summary>
    public IPEndPoint LocalEndPoint => _connection.LocalEndPoint;

    /// <summary>Completes when the connection is over, however it ended, and says why. It does not fail.</summary>
    public Task<CloseReason> Closed => _connection.WhenOver;

    /// <summary>The largest message that can be sent, metadata included, in bytes: what the send buffer holds (<c>utp.send-buffer</c>), in frame mode at most <c>utp.max-frame-size</c>.</summary>
    public int MaxMessageBytes =>
        IsFrames ? Math.Min(_connection.Settings.MaxFrameBytes, _connection.Outflow.LimitBytes) : _connection.Outflow.LimitBytes;

    /// <summary>The longest metadata: 250 bytes in frame mode, 255 in object mode; 0 when the peer did not negotiate it.</summary>
    public int MaxMetadataBytes => !IsNegotiated ? 0 : IsFrames ? MaxMetadataOfFrames : MaxMetadataOfObjects;

    /// <summary>Sends one message. Returns when its bytes are copied: at once while the send buffer has room, otherwise when there is room for the whole.</summary>
    /// <param name="payload">May be empty.</param>
    /// <param name="metadata">Describes the payload; at most <see cref="MaxMetadataBytes"/>.</param>
    /// <param name="cancellationToken">Gives up waiting for room; then nothing of the message was sent.</param>
    /// <exception cref="UtpException">
    /// The metadata is too long, or the peer did not negotiate it (<see cref="FailureCause.MetadataNotNegotiated"/>, <see cref="FailureCause.FramesNotNegotiated"/>); the message is
    /// larger than <see cref="MaxMessageBytes"/>; the connection failed, or its sending side was completed. The connection itself is sound but for the last two.
    /// </exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    /// <exception cref="InvalidOperationException">Another send goes on.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> metadata = default, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Enter(ref _sending, "send");
        try
        {
            Check(payload.Length, metadata.Length);
            if (!IsNegotiated)
                metadata = default;
            var outflow = _connection.Outflow;
            var capacity = Chunk.CapacityFor(payload.Length + metadata.Length);
            while (!outflow.TryWriteMessage(payload.Span, metadata.Span))
                await outflow.WaitAsync(capacity, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _sending, 0);
        }
    }

    /// <summary>The next message; waits until it has arrived, whole. Null: the peer has completed its side, and all was received.</summary>
    /// <param name="cancellationToken">Gives up; no message is lost by that.</param>
    /// <exception cref="UtpException">The connection failed, and all that arrived before was received; or the peer did not negotiate messages.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    /// <exception cref="InvalidOperationException">Another receive goes on.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReceivedMessage?> ReceiveAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Enter(ref _receiving, "receive");
        try
        {
            // A peer that knows no frames sends bytes, which are no messages.
            if (IsFrames && !IsNegotiated)
                throw FramesNotNegotiated();
            var inflow = _connection.Inflow;
            while (true)
            {
                if (inflow.TryTake(out var received))
                    return new ReceivedMessage(received!);
                if (inflow.IsAtEnd)
                    return null;
                await inflow.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            Volatile.Write(ref _receiving, 0);
        }
    }

    /// <summary>Messages, one after the other, until the peer has completed its side.</summary>
    /// <param name="cancellationToken">Gives up; no message is lost by that.</param>
    /// <exception cref="UtpException">The connection failed, and all that arrived before was received; or the peer did not negotiate messages.</exception>
    public async IAsyncEnumerable<ReceivedMessage> ReceiveAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } message)
            yield return message;
    }

    /// <summary>Waits until the peer has acknowledged all that was sent before: until then it may be lost with the connection.</summary>
    /// <param name="cancellationToken">Gives up waiting; what was sent goes on.</param>
    /// <exception cref="UtpException">The connection ended before.</exception>
    public async Task WaitForDeliveryAsync(CancellationToken cancellationToken = default)
    {
        await _connection.Outflow.WaitForDeliveryAsync().WaitAsync(cancellationToken).ConfigureAwait(false);

        // Whoever waits still uses it.
        GC.KeepAlive(this);
    }

    /// <summary>Closes our direction behind what was sent: the peer receives to the end. Receiving goes on. Returns at once; a second time does nothing.</summary>
    /// <param name="cancellationToken">Looked at once.</param>
    /// <exception cref="InvalidOperationException">A send goes on: await it first.</exception>
    /// <exception cref="ObjectDisposedException">Disposed.</exception>
    public ValueTask CompleteSendsAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        Enter(ref _sending, "send");
        try
        {
            _connection.CompleteWrites();
            return default;
        }
        finally
        {
            Volatile.Write(ref _sending, 0);
        }
    }

    /// <summary>Ends the connection at once, with a reset: what the peer has not acknowledged may be lost, and the peer hears of an error.</summary>
    /// <param name="code">A close reason for the peer; null: none.</param>
    public void Abort(ushort? code = null) => _connection.Abort(code);

    /// <summary>What the connection has done so far, and where it stands; also after its end.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<ConnectionStats> GetStatisticsAsync(CancellationToken cancellationToken = default) => _connection.GetStatisticsAsync(cancellationToken);

    /// <summary>
    /// Closes the connection: what was sent goes, and when the peer has acknowledged everything, or after <see cref="UtpConnectionOptions.Linger"/> by a reset, it is over,
    /// for which this waits. What was not received here is lost, and the peer hears so: its sends fail, and its connection ends by a reset with <see cref="CloseCodes.NotRead"/>.
    /// A second time is harmless.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _connection.CloseAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>As <see cref="DisposeAsync"/>, without waiting.</summary>
    public void Dispose()
    {
        _ = _connection.CloseAsync();
        GC.SuppressFinalize(this);
    }

    private bool IsFrames => _connection.Settings.Mode == DeliveryMode.Frames;

    private bool IsNegotiated => (_connection.PeerCapabilities & (IsFrames ? Capabilities.Frames : Capabilities.Metadata)) != 0;

    // Told here, so that the caller hears of it, and the connection is none the worse.
    private void Check(int payloadBytes, int metadataBytes)
    {
        if (IsFrames && !IsNegotiated)
            throw FramesNotNegotiated();
        if (metadataBytes > 0 && !IsNegotiated && !_connection.Settings.DropsUnsupportedMetadata)
        {
            throw new UtpException(
                FailureCause.MetadataNotNegotiated, "The peer did not negotiate metadata: send without it, have the peer ask for objects too, or set Protocol.DropUnsupportedMetadata.");
        }

        if (IsNegotiated && metadataBytes > MaxMetadataBytes)
            throw new UtpException(FailureCause.MetadataTooLong, $"The metadata is {metadataBytes} bytes, and at most {MaxMetadataBytes} fit a packet: move the rest into the payload.");
        if (IsFrames && payloadBytes > _connection.Settings.MaxFrameBytes)
        {
            throw new UtpException(
                FailureCause.FrameTooLarge, $"The message is {payloadBytes} bytes, and a frame has at most {_connection.Settings.MaxFrameBytes}: send less, or raise Protocol.MaxFrameBytes at both ends.");
        }

        if ((long)payloadBytes + metadataBytes > _connection.Outflow.LimitBytes)
        {
            throw new UtpException(
                FailureCause.WriteTooLarge, $"The message is {payloadBytes + metadataBytes} bytes, and the send buffer holds {_connection.Outflow.LimitBytes}: send less, or raise Protocol.SendBufferBytes.");
        }
    }

    private static UtpException FramesNotNegotiated() =>
        new(FailureCause.FramesNotNegotiated, "The peer did not negotiate messages: have it ask for them too (frames, or objects at both ends), or connect as a stream.");

    private static void Enter(ref int flag, string what)
    {
        if (Interlocked.Exchange(ref flag, 1) != 0)
            throw new InvalidOperationException($"Another {what} of this connection goes on: await it first.");
    }
}
