namespace Utp.Protocol;

/// <summary>
/// How large a packet may be on this path (protocol.md §8): what the fate of each packet says to the <see cref="MtuSearch"/>, what other connections and our own system
/// know, and what the congestion law hears of it. Owned by the connection.
/// </summary>
/// <remarks>
/// To our own peer a probe is a packet of confirmed size, padded: lost, the same payload goes again without padding. To a foreign peer it is a larger packet: lost, the
/// same packet goes again without don't-fragment.
/// </remarks>
internal sealed class PathMtu
{
    private readonly ConnectionOptions _options;
    private readonly ICongestionControl _congestion;
    private readonly PeerTraits _peer;
    private MtuSearch _search;
    private PathSize _suggested;

    /// <summary>Begins with what the options say.</summary>
    public PathMtu(ConnectionOptions options, ICongestionControl congestion, PeerTraits peer)
    {
        _options = options;
        _congestion = congestion;
        _peer = peer;
        Begin(options.MtuCeilingBytes);
    }

    /// <summary>Bytes of UDP payload of the packets that are cut from now on.</summary>
    public int MaxDatagramBytes => _search.MaxDatagramBytes;

    /// <summary>The largest datagram that may ever be written: a probe of the ceiling.</summary>
    public int LargestDatagramBytes => _search.LargestDatagramBytes;

    /// <summary>Bytes behind the header of a full packet.</summary>
    public int MaxPayload => _search.MaxDatagramBytes - HeaderBytes;

    /// <summary>Bytes of each packet but those of the handshake before its payload and other extensions.</summary>
    public int HeaderBytes { get; private set; } = PacketHeader.Length;

    /// <summary>Whether a datagram of this size goes with don't-fragment.</summary>
    public bool DontFragment(int datagramBytes) => _search.DontFragment(datagramBytes);

    /// <summary>Another connection to the same address found this; used once the peer is known, <paramref name="useNow"/>: it is.</summary>
    public void Suggest(PathSize found, bool useNow)
    {
        _suggested = found;
        if (useNow)
            UseSuggestion();
    }

    /// <summary>From now on each packet carries so many bytes more.</summary>
    public void OnHeaderGrew(int bytes)
    {
        HeaderBytes += bytes;
        Tell();
    }

    /// <summary>The peer is known, and so how far it is trusted: begins with what was suggested.</summary>
    public void UseSuggestion()
    {
        if (_suggested == default)
            return;
        _search.Resume(_suggested, Limit);
        Tell();
    }

    /// <summary>What the route's first hop takes is known only now: the search begins.</summary>
    public void OnCeilingKnown(int ceilingBytes)
    {
        Begin(ceilingBytes);
        UseSuggestion();
    }

    /// <summary>What was found since the last call, for other connections.</summary>
    public bool TryTakeNews(out PathSize found) => _search.TryTakeNews(out found);

    /// <summary>The size to ask for with the next packet; 0: none.</summary>
    public int NextProbe(Instant now) => _search.NextProbe(Limit, now);

    /// <summary>A new packet was cut.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="datagramBytes">Its size, without padding.</param>
    /// <param name="probeBytes">The size that it asks for; 0: it is no probe.</param>
    public void OnCut(ref OutstandingPacket packet, int datagramBytes, int probeBytes)
    {
        packet.DatagramBytes = (ushort)Math.Max(datagramBytes, probeBytes);
        packet.IsMtuProbe = probeBytes > 0;
        if (probeBytes > 0)
            _search.OnProbeSent(probeBytes);
    }

    /// <summary>A packet left in pieces (design note 0013), of which this one is as large: what is lost now says something about pieces, not about the packet as it was cut.</summary>
    public static void OnPiece(ref OutstandingPacket packet, int offset, int datagramBytes) =>
        packet.DatagramBytes = (ushort)Math.Max(offset == 0 ? 0 : packet.DatagramBytes, datagramBytes);

    /// <summary>A packet is known to have arrived.</summary>
    public void OnArrived(in OutstandingPacket packet)
    {
        // An own peer's probe that was sent again without padding proves nothing about its size.
        if (packet.IsMtuProbe && packet.Transmissions == 1)
        {
            _search.OnProbeArrived();
            Tell();
        }
        else if (packet.Transmissions == 1)
        {
            _search.OnArrived(packet.DatagramBytes);
        }
    }

    /// <summary>A packet is lost, by its size or by chance.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="peerWindow">What the peer takes: what finds no room there is not lost by its size.</param>
    /// <param name="consecutiveTimeouts">Time-outs since the last acknowledgement.</param>
    /// <param name="now">The time.</param>
    public void OnLost(ref OutstandingPacket packet, long peerWindow, int consecutiveTimeouts, Instant now)
    {
        if (packet.IsMtuProbe)
        {
            _search.OnProbeLost();
            ForgetProbe(ref packet);

            // That a probe is lost is no news, but at a time-out everything else is lost, too.
            if (consecutiveTimeouts == 0)
                return;
        }

        if (peerWindow >= packet.Payload.Length && _search.OnLost(packet.DatagramBytes, packet.LastSent, consecutiveTimeouts, now))
            Tell();
    }

    /// <summary>A probe goes again as a packet like any other, and its fate says nothing about size any more.</summary>
    public void ForgetProbe(ref OutstandingPacket packet)
    {
        packet.IsMtuProbe = false;
        if (_peer.IsOwn)
            packet.DatagramBytes = (ushort)Math.Min(packet.DatagramBytes, _search.MaxDatagramBytes);
        _search.OnProbeTakenBack();
    }

    /// <summary>ICMP, proved by what it quotes, says that no more passes; 0: it names no size.</summary>
    public void OnTooLarge(int datagramBytes, Instant now)
    {
        if (_search.OnTooLarge(datagramBytes, now))
            Tell();
    }

    /// <summary>Our own system says what the first hop takes; 0: it does not say.</summary>
    public void OnFirstHop(int datagramBytes, Instant now)
    {
        if (datagramBytes > 0 && _search.OnFirstHop(datagramBytes, now))
            Tell();
    }

    /// <summary>The socket refused a datagram of so many bytes (EMSGSIZE), and its word is final.</summary>
    public void OnDoesNotFit(int datagramBytes, Instant now)
    {
        if (_search.OnDoesNotFit(datagramBytes, now))
            Tell();
    }

    /// <summary>The socket did not take a probe of this size (would block).</summary>
    public void OnProbeRefused(int datagramBytes) => _search.OnProbeRefused(datagramBytes);

    /// <summary>The socket has refused this size for a whole time-out, while it takes smaller ones; returns whether the size fell.</summary>
    public bool OnRefusedForLong(int datagramBytes, Instant now)
    {
        if (!_search.OnRefusedForLong(datagramBytes, now))
            return false;
        Tell();
        return true;
    }

    /// <summary>Whether the packet, which was cut for a larger path, left in pieces the last time.</summary>
    public bool WentInPieces(in OutstandingPacket packet) => _peer.SendsPieces && packet.DatagramBytes < HeaderBytes + packet.Payload.Length;

    // What the peer is trusted to take.
    private int Limit => _peer.IsOwn ? int.MaxValue : _options.MtuForeignCeilingBytes;

    private void Begin(int ceilingBytes)
    {
        _search = new MtuSearch(_options.MaxDatagramBytes, ceilingBytes);
        Tell();
    }

    private void Tell() => _congestion.OnMaxPayload(MaxPayload);
}
