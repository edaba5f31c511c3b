namespace Utp.BitTorrent;

/// <summary>What takes time, and is done without the torrent's lock by the task that brought it: hashing, the disk, and the beginning of a torrent whose metadata came from a peer. Any thread.</summary>
internal sealed class PieceWork(TorrentState state, TorrentSessionOptions options, Action<Exception> onFailed, Action onComplete) : IDisposable
{
    private readonly SemaphoreSlim _beginning = new(1, 1);
    private TorrentStorage? _storage;
    private volatile int _unsaved;

    /// <summary>Looks at what is there, and begins.</summary>
    /// <exception cref="BitTorrentException">The folder cannot be used, or what must be there is not.</exception>
    public async Task BeginAsync(TorrentMetainfo metainfo, CancellationToken cancellationToken)
    {
        var storage = TorrentStorage.Open(metainfo, options.Folder, options.SeedOnly);
        try
        {
            var have = await storage.CheckAsync(options.OnChecked, cancellationToken).ConfigureAwait(false);
            if (options.SeedOnly && !have.IsComplete)
                throw new BitTorrentException($"{metainfo.PieceCount - have.Count} of {metainfo.PieceCount} pieces of \"{metainfo.Name}\" are missing or wrong in {options.Folder}: name the folder that it is in, or download it.");
            if (!options.SeedOnly)
                storage.MakeEmptyFiles();
            _storage = storage;
            state.Do(() => state.Begin(metainfo, have));
        }
        catch
        {
            storage.Dispose();
            throw;
        }

        if (state.Do(() => state.IsComplete))
        {
            storage.Finish();
            onComplete();
        }
        else
        {
            // From now on what lies there is known to be ours.
            storage.Save(state.Do(() => state.Have!));
        }
    }

    /// <summary>The metadata has come from a peer: reads it, and begins. The first who comes does it.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await _beginning.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_storage is not null)
                return;
            if (!MetainfoReader.TryReadInfo(state.Metadata.Result!, [], out var metainfo, out var problem))
                throw new BitTorrentException($"The magnet link leads to a torrent that cannot be used: {problem}. Get another.");
            await BeginAsync(metainfo, cancellationToken).ConfigureAwait(false);
            state.Do(() => state.Events.Enqueue(new TorrentEvent.MetadataReceived(metainfo)));
        }
        catch (BitTorrentException e)
        {
            onFailed(e);
            throw;
        }
        finally
        {
            _beginning.Release();
        }
    }

    /// <summary>A piece is whole: it is verified, and written if it is right.</summary>
    public void Check(PartialPiece piece)
    {
        var bytes = piece.Data.AsSpan(0, piece.Size);
        bool isRight;
        try
        {
            isRight = state.Metainfo!.Verify(piece.Index, bytes);
            if (isRight)
                _storage!.Write(piece.Index, bytes);
        }
        catch (Exception e) when (e is BitTorrentException or ObjectDisposedException)
        {
            state.Do(() => state.Fetching.OnUnchecked(piece));
            onFailed(e);
            throw;
        }

        _unsaved = 1;
        var isComplete = state.Do(() =>
        {
            foreach (var peer in state.Fetching.OnChecked(piece, isRight))
            {
                state.Ban(peer.EndPoint);
                peer.Drop("it gave wrong data");
            }

            return isRight && state.IsComplete;
        });
        if (isComplete)
        {
            _storage!.Finish();
            onComplete();
        }
    }

    /// <summary>Reads a block for a peer.</summary>
    /// <exception cref="PeerDropException">It is not there any more.</exception>
    public void Read(BlockRange block, Span<byte> output)
    {
        if (_storage!.TryRead(state.Metainfo!.OffsetOf(block.Piece) + block.Offset, output))
            return;
        var gone = new BitTorrentException($"Files of \"{state.Metainfo.Name}\" in {options.Folder} were changed or removed while they were seeded: put them back, then start again.");
        onFailed(gone);
        throw gone;
    }

    /// <summary>Makes what is there known to the next start.</summary>
    public void Save()
    {
        if (_storage is null || state.Do(() => state.IsComplete) || Interlocked.Exchange(ref _unsaved, 0) == 0)
            return;
        // The pieces first, so that none is told that was written after the files were flushed.
        var have = state.Do(() =>
        {
            Bitfield.TryRead(state.Have!.Bytes, state.Have.Length, out var copy);
            return copy;
        });
        _storage.Save(have);
    }

    public void Dispose()
    {
        _storage?.Dispose();
        _beginning.Dispose();
    }
}
