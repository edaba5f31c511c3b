using System.Buffers;
using Utp.Streams;

namespace Utp.BitTorrent;

/// <summary>One peer's connection: a task that reads and one that writes, from the handshake to the end. What fails here ends this peer alone.</summary>
internal sealed class PeerConnection(TorrentState state, PieceWork work, UtpStream stream, SessionClock clock)
{
    // Idle peers are many: a buffer grows when it is filled by one read.
    private const int MinBuffer = 16 << 10;
    private const int MaxBuffer = 256 << 10;
    private const int BlocksAtOnce = 16;

    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(20);

    /// <summary>Runs until the peer is gone; gives the reason. The stream is disposed.</summary>
    /// <param name="isOurs">Whether we have connected: then we speak first (BEP 3).</param>
    /// <param name="stop">The session ends.</param>
    public async Task<string> RunAsync(bool isOurs, CancellationToken stop)
    {
        Peer? peer = null;
        string reason;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            var handshake = await ShakeHandsAsync(isOurs, ending.Token).ConfigureAwait(false);
            peer = state.Do(() => state.Add(stream.RemoteEndPoint, handshake, isOurs, clock.Seconds));
            var reading = ReadAsync(peer, ending.Token);
            var writing = WriteAsync(peer, ending.Token);
            var first = await Task.WhenAny(reading, writing, peer.Dropped).ConfigureAwait(false);
            reason = first == peer.Dropped ? await peer.Dropped.ConfigureAwait(false) : await ReasonOf(first).ConfigureAwait(false);
            await ending.CancelAsync().ConfigureAwait(false);
            // Neither may still use the buffers or the torrent when the peer is forgotten.
            await ReasonOf(reading).ConfigureAwait(false);
            await ReasonOf(writing).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            reason = Reason(e);
        }

        if (peer is not null)
            state.Do(() => state.Remove(peer, stop.IsCancellationRequested ? "the session ends" : reason));
        await stream.DisposeAsync().ConfigureAwait(false);
        return reason;
    }

    private async Task<Handshake> ShakeHandsAsync(bool isOurs, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(HandshakePatience);
        var ours = new byte[Handshake.Length];
        new Handshake(state.InfoHash, state.PeerId, Fast: true, Extended: true).Write(ours);
        if (isOurs)
            await stream.WriteAsync(ours, patience.Token).ConfigureAwait(false);
        var theirs = new byte[Handshake.Length];
        await stream.ReadExactlyAsync(theirs, patience.Token).ConfigureAwait(false);
        if (!Handshake.TryRead(theirs, out var handshake))
            throw new PeerDropException("it does not begin with BitTorrent's handshake (it may require encryption, which is not spoken here)");
        if (handshake.InfoHash != state.InfoHash)
            throw new PeerDropException("it wants another torrent");
        if (!isOurs)
            await stream.WriteAsync(ours, patience.Token).ConfigureAwait(false);
        return handshake;
    }

    private async Task ReadAsync(Peer peer, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MinBuffer);
        var complete = new List<PartialPiece>();
        var filled = 0;
        try
        {
            while (true)
            {
                var count = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                    throw new PeerDropException("it closed the connection");
                filled += count;
                var needed = 0;
                var consumed = state.Do(() => state.Incoming.Handle(peer, buffer.AsSpan(0, filled), clock.Seconds, complete, out needed));
                while (complete.Count > 0)
                {
                    var piece = complete[^1];
                    complete.RemoveAt(complete.Count - 1);
                    work.Check(piece);
                }

                if (state.Metainfo is null && state.Metadata.Result is not null)
                    await work.BeginAsync(cancellationToken).ConfigureAwait(false);

                var wanted = filled == buffer.Length && buffer.Length < MaxBuffer ? Math.Min(MaxBuffer, 4 * buffer.Length) : Math.Max(needed, MinBuffer);
                filled -= consumed;
                var source = buffer.AsSpan(consumed, filled);
                if (wanted > buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(wanted);
                    source.CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
                else
                {
                    source.CopyTo(buffer);
                }
            }
        }
        finally
        {
            foreach (var piece in complete)
                state.Do(() => state.Fetching.OnUnchecked(piece));
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task WriteAsync(Peer peer, CancellationToken cancellationToken)
    {
        var blocks = new List<BlockRange>();
        var spare = new ArrayBufferWriter<byte>();
        while (true)
        {
            await peer.Outbox.WaitAsync(cancellationToken).ConfigureAwait(false);
            while (state.Do(() => peer.Outbox.Take(spare, blocks, BlocksAtOnce)) is { } messages)
            {
                peer.SaidAt = clock.Seconds;
                if (messages.WrittenCount > 0)
                    await stream.WriteAsync(messages.WrittenMemory, cancellationToken).ConfigureAwait(false);
                spare = messages;
                if (blocks.Count > 0)
                    await WriteBlocksAsync(peer, blocks, cancellationToken).ConfigureAwait(false);
                blocks.Clear();
            }
        }
    }

    private async Task WriteBlocksAsync(Peer peer, List<BlockRange> blocks, CancellationToken cancellationToken)
    {
        var bytes = blocks.Sum(static block => block.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(bytes + (blocks.Count * PeerWire.PieceHeaderBytes));
        try
        {
            var at = 0;
            foreach (var block in blocks)
            {
                PeerWire.PieceHeader(buffer.AsSpan(at), block);
                at += PeerWire.PieceHeaderBytes;
                work.Read(block, buffer.AsSpan(at, block.Length));
                at += block.Length;
            }

            await stream.WriteAsync(buffer.AsMemory(0, at), cancellationToken).ConfigureAwait(false);
            state.Do(() =>
            {
                peer.Up.Add(bytes);
                state.Uploaded += bytes;
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<string> ReasonOf(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
            return "it ended";
        }
        catch (Exception e)
        {
            return Reason(e);
        }
    }

    private static string Reason(Exception error) => error switch
    {
        OperationCanceledException => "it said nothing in time",
        EndOfStreamException => "it closed the connection before it said which torrent it wants",
        PeerDropException or IOException or ObjectDisposedException => error.Message,
        // What nobody thought of ends this peer alone, too.
        _ => $"a defect: {error.GetType().Name}: {error.Message}",
    };
}
