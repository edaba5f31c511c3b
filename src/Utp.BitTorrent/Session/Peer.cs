using System.Net;

namespace Utp.BitTorrent;

/// <summary>What is known of a connected peer (BEP 3: four flags; what it has; what was asked). Everything here belongs to the torrent's lock.</summary>
internal sealed class Peer(int key, IPEndPoint endPoint, Handshake handshake, bool isOurs, double now)
{
    /// <summary>Requests that wait at a peer at the beginning, and what a slow one keeps, in blocks.</summary>
    private const int MinRequests = 16;
    private const int MaxRequests = 512;

    // Long enough that the peer's disk and our turns are bridged, short enough that the end of a download does not wait for a slow peer's queue.
    private const double SecondsOfRequests = 3;
    private const double SecondsOfStart = 4;

    private readonly double _since = now;
    private readonly TaskCompletionSource<string> _dropped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Not 0.</summary>
    public int Key => key;

    public IPEndPoint EndPoint => endPoint;

    public Handshake Handshake => handshake;

    /// <summary>Whether we have connected to it.</summary>
    public bool IsOurs => isOurs;

    public Outbox Outbox { get; } = new();

    public bool AmChoking { get; set; } = true;

    public bool AmInterested { get; set; }

    public bool IsChoking { get; set; } = true;

    public bool IsInterested { get; set; }

    /// <summary>It has given nothing for long that it was asked for.</summary>
    public bool IsSnubbing { get; set; }

    /// <summary>What it has; null until the torrent's metadata is known.</summary>
    public Bitfield? Pieces { get; set; }

    /// <summary>What it said of its pieces before the metadata was known.</summary>
    public EarlyPieces Early { get; } = new();

    /// <summary>What it said by BEP 10; null: nothing.</summary>
    public ExtensionHandshake? Extensions { get; set; }

    /// <summary>Pieces that it may have while it is choked (BEP 6).</summary>
    public HashSet<int> MayHaveChoked { get; } = [];

    /// <summary>Pieces that it gives while it chokes us (BEP 6).</summary>
    public HashSet<int> GivesChoked { get; } = [];

    /// <summary>What it was asked for and has not given.</summary>
    public HashSet<BlockRange> Asked { get; } = [];

    /// <summary>The part of the metadata that it was asked for; −1: none.</summary>
    public int AskedMetadata { get; set; } = -1;

    public bool RefusesMetadata { get; set; }

    /// <summary>What it and we say of other peers (BEP 11).</summary>
    public PexMemory Pex { get; } = new();

    /// <summary>How often it may make us meet others (BEP 55).</summary>
    public Allowance Meetings { get; } = new();

    public RateMeter Down { get; } = new();

    public RateMeter Up { get; } = new();

    /// <summary>Completes with the reason when its connection is to end.</summary>
    public Task<string> Dropped => _dropped.Task;

    /// <summary>Blocks that nobody had asked it for.</summary>
    public int Unasked { get; set; }

    /// <summary>When something was last heard, said, given; seconds of the session's clock.</summary>
    public double HeardAt { get; set; } = now;

    public double SaidAt { get; set; } = now;

    public double GaveAt { get; set; } = now;

    /// <summary>How many blocks may wait at it.</summary>
    public int RequestLimit { get; private set; } = MinRequests;

    public bool HasAll => Pieces?.IsComplete == true;

    /// <summary>Ends its connection; the first reason holds.</summary>
    public void Drop(string reason) => _dropped.TrySetResult(reason);

    /// <summary>A block came: more may be asked for at the same time, as long as it does not take longer than some seconds to give it.</summary>
    public void OnBlock(int bytes, double seconds)
    {
        Down.Add(bytes);
        GaveAt = seconds;
        IsSnubbing = false;
        var most = Math.Min(MaxRequests, Extensions?.MaxRequests ?? MaxRequests / 2);
        if (seconds - _since > SecondsOfStart)
            most = Math.Min(most, Math.Max(MinRequests, (int)(Down.At(seconds) * SecondsOfRequests / PartialPiece.BlockBytes)));
        RequestLimit = Math.Clamp(RequestLimit + 1, 1, Math.Max(1, most));
    }

    /// <summary>It gave nothing for long: it is asked for one block, to see whether it gives again.</summary>
    public void OnSnub()
    {
        IsSnubbing = true;
        RequestLimit = 1;
    }
}

/// <summary>What a peer says of its pieces before anybody knows how many there are; bounded.</summary>
internal sealed class EarlyPieces
{
    private const int MaxHaves = 10_000;

    private readonly List<int> _haves = [];
    private byte[] _bits = [];
    private bool _hasAll;

    public void All() => _hasAll = true;

    public void Bits(ReadOnlySpan<byte> bits) => _bits = bits.ToArray();

    /// <summary>Whether it was remembered.</summary>
    public bool Have(int piece)
    {
        if (_haves.Count >= MaxHaves)
            return false;
        _haves.Add(piece);
        return true;
    }

    /// <summary>All of it, now that the number is known. False: it was not right.</summary>
    public bool TryApply(int length, out Bitfield pieces)
    {
        pieces = new Bitfield(length);
        if (_bits.Length > 0 && !Bitfield.TryRead(_bits, length, out pieces))
            return false;
        if (_hasAll)
            pieces.SetAll();
        foreach (var piece in _haves)
        {
            if ((uint)piece >= (uint)length)
                return false;
            pieces.Set(piece);
        }

        return true;
    }
}
