using System.Net;

namespace Utp.BitTorrent;

/// <summary>What was said between a peer and us of other peers (BEP 11); bounded. Under the torrent's lock.</summary>
internal sealed class PexMemory
{
    private const int MaxIntroduced = 500;

    private readonly Dictionary<IPEndPoint, PexFlags> _introduced = [];

    /// <summary>Whom it was told of and has not been told that they are gone.</summary>
    public HashSet<IPEndPoint> Told { get; } = [];

    /// <summary>When it may be told again, in seconds.</summary>
    public double NotBefore { get; set; }

    /// <summary>Messages of it that came too soon after the one before.</summary>
    public int Hasty { get; set; }

    /// <summary>When it spoke last, in seconds.</summary>
    public double HeardAt { get; set; } = double.NegativeInfinity;

    /// <summary>It says that it is connected to somebody.</summary>
    public void Introduce(in PexPeer other)
    {
        if (_introduced.Count < MaxIntroduced || _introduced.ContainsKey(other.EndPoint))
            _introduced[other.EndPoint] = other.Flags;
    }

    /// <summary>It says that it is connected to somebody no more.</summary>
    public void Forget(IPEndPoint other) => _introduced.Remove(other);

    /// <summary>Whether it is connected to somebody, who can meet us through it.</summary>
    public bool CanIntroduce(IPEndPoint other) => _introduced.TryGetValue(other, out var flags) && (flags & PexFlags.Holepunch) != 0;
}
