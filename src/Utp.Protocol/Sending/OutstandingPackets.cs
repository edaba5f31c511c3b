namespace Utp.Protocol;

/// <summary>What an outstanding packet is.</summary>
internal enum OutstandingKind : byte
{
    /// <summary>ST_DATA, perhaps empty.</summary>
    Data,

    /// <summary>ST_FIN.</summary>
    Fin,
}

/// <summary>A packet that was sent and is not acknowledged cumulatively.</summary>
internal struct OutstandingPacket
{
    public PayloadRange Payload;
    public Instant FirstSent;
    public Instant LastSent;

    /// <summary>Counts transmissions of the connection; grows with time, so it orders what the network saw.</summary>
    public long TransmissionNumber;

    // Neighbours in the order of transmission, by seq_nr; -1: none.
    public int Earlier;
    public int Later;
    public ushort Transmissions;
    public OutstandingKind Kind;

    /// <summary>Bytes of the datagram when it was first sent: without SACK, with padding.</summary>
    public ushort DatagramBytes;

    /// <summary>Its first transmission asks whether the path takes its size.</summary>
    public bool IsMtuProbe;

    /// <summary>Selectively acknowledged: neither in flight nor ever to be sent again.</summary>
    public bool Sacked;

    /// <summary>The congestion law heard that it was lost.</summary>
    public bool LossReported;

    /// <summary>Waits to be sent (again): found lost, or refused by the socket.</summary>
    public bool Queued;

    public readonly bool InFlight => !Sacked && !Queued;
}

/// <summary>
/// The packets from the left edge to the last one sent: a ring by seq_nr, threaded by order of transmission. Nothing here
/// walks all packets in flight: acknowledging, finding the next lost one and finding those sent before another are each
/// proportional to what changes. Owned by the connection.
/// </summary>
internal sealed class OutstandingPackets
{
    private const int None = -1;
    private OutstandingPacket[] _ring = [];
    private int _earliest = None;
    private int _latest = None;
    private long _lastTransmission;
    private int _queued;
    private SeqNr _queuedFrom;
    private readonly ReceivedRanges _sacked = new();

    /// <summary>Starts with <paramref name="first"/> as the first seq_nr to be sent.</summary>
    public OutstandingPackets(SeqNr first) => LeftEdge = first;

    /// <summary>The oldest packet that is not acknowledged cumulatively; equals <see cref="NextSeqNr"/> when there is none.</summary>
    public SeqNr LeftEdge { get; private set; }

    /// <summary>Packets from the left edge on, selectively acknowledged ones included.</summary>
    public int Count { get; private set; }

    /// <summary>The seq_nr that the next new packet takes.</summary>
    public SeqNr NextSeqNr => LeftEdge.Plus(Count);

    /// <summary>Payload bytes of packets in flight: sent, neither acknowledged nor lost.</summary>
    public long BytesInFlight { get; private set; }

    /// <summary>Packets in flight.</summary>
    public int PacketsInFlight { get; private set; }

    /// <summary>Packets beyond the left edge that were selectively acknowledged.</summary>
    public int SackedCount { get; private set; }

    /// <summary>Payload bytes from the left edge on, selectively acknowledged ones included: what the peer's window covers.</summary>
    public long BytesOutstanding { get; private set; }

    /// <summary>Whether a packet waits to be sent again.</summary>
    public bool HasQueued => _queued > 0;

    /// <summary>The number of the last transmission so far.</summary>
    public long LastTransmission => _lastTransmission;

    /// <summary>The packet with this seq_nr, which must be outstanding.</summary>
    public ref OutstandingPacket this[SeqNr seqNr] => ref _ring[seqNr.Value & (_ring.Length - 1)];

    /// <summary>Whether <paramref name="seqNr"/> is outstanding.</summary>
    public bool Contains(SeqNr seqNr) => LeftEdge.DistanceTo(seqNr) is >= 0 and var distance && distance < Count;

    /// <summary>Nothing was sent yet, and the sequence begins elsewhere: the plain ST_SYN was answered.</summary>
    public void StartAt(SeqNr first) => LeftEdge = first;

    /// <summary>Appends a packet; it is in flight from now on.</summary>
    public SeqNr Add(OutstandingKind kind, in PayloadRange payload, Instant now)
    {
        if (Count == _ring.Length)
            Grow();
        var seqNr = NextSeqNr;
        Count++;
        this[seqNr] = new OutstandingPacket
        {
            Kind = kind,
            Payload = payload,
            FirstSent = now,
            LastSent = now,
            Transmissions = 1,
        };
        BytesOutstanding += payload.Length;
        EnterFlight(seqNr);
        return seqNr;
    }

    /// <summary>The queued packet with the lowest seq_nr; there must be one.</summary>
    public SeqNr NextQueued()
    {
        if (_queuedFrom.DistanceTo(LeftEdge) > 0)
            _queuedFrom = LeftEdge;
        while (!this[_queuedFrom].Queued)
            _queuedFrom = _queuedFrom.Next;
        return _queuedFrom;
    }

    /// <summary>A queued packet leaves again.</summary>
    public void OnResent(SeqNr seqNr, Instant now)
    {
        ref var packet = ref this[seqNr];
        packet.Queued = false;
        _queued--;
        // A packet that no socket ever took is not a retransmission when it leaves at last.
        if (packet.Transmissions == 0)
            packet.FirstSent = now;
        packet.Transmissions++;
        packet.LastSent = now;
        EnterFlight(seqNr);
    }

    /// <summary>Puts a packet in flight into the queue: it was lost, or never taken by the socket.</summary>
    public void Queue(SeqNr seqNr)
    {
        ref var packet = ref this[seqNr];
        LeaveFlight(ref packet);
        packet.Queued = true;
        if (_queued++ == 0 || seqNr.DistanceTo(_queuedFrom) > 0)
            _queuedFrom = seqNr;
    }

    /// <summary>The socket did not take the last transmission of a packet: it waits, and counts one transmission less.</summary>
    public void TakeBack(SeqNr seqNr)
    {
        Queue(seqNr);
        this[seqNr].Transmissions--;
    }

    /// <summary>Acknowledges one packet selectively.</summary>
    public void Sack(SeqNr seqNr)
    {
        ref var packet = ref this[seqNr];
        if (packet.Queued)
        {
            packet.Queued = false;
            _queued--;
        }
        else
        {
            LeaveFlight(ref packet);
        }

        packet.Sacked = true;
        SackedCount++;
        _sacked.Add(seqNr);
    }

    /// <summary>The first packet from <paramref name="seqNr"/> on that was not selectively acknowledged yet: repeated acknowledgements cost nothing.</summary>
    public SeqNr SkipSacked(SeqNr seqNr) => _sacked.EndOfRangeWith(seqNr);

    /// <summary>Acknowledges the packet at the left edge cumulatively and forgets it.</summary>
    public void RemoveFirst()
    {
        ref var packet = ref this[LeftEdge];
        if (packet.Queued)
            _queued--;
        else if (!packet.Sacked)
            LeaveFlight(ref packet);
        if (packet.Sacked)
        {
            SackedCount--;
            _sacked.RemoveFirst();
        }

        BytesOutstanding -= packet.Payload.Length;
        packet = default;
        LeftEdge = LeftEdge.Next;
        Count--;
    }

    /// <summary>The packet in flight that was transmitted first; false when none is in flight.</summary>
    public bool TryGetEarliest(out SeqNr seqNr)
    {
        seqNr = new SeqNr((ushort)_earliest);
        return _earliest != None;
    }

    /// <summary>Forgets everything; the connection is over.</summary>
    public void Clear()
    {
        LeftEdge = NextSeqNr;
        _ring = [];
        Count = _queued = PacketsInFlight = SackedCount = 0;
        _sacked.Clear();
        BytesInFlight = BytesOutstanding = 0;
        _earliest = _latest = None;
    }

    private void EnterFlight(SeqNr seqNr)
    {
        ref var packet = ref this[seqNr];
        packet.TransmissionNumber = ++_lastTransmission;
        packet.Earlier = _latest;
        packet.Later = None;
        Link(packet.Earlier, packet.Later, seqNr.Value, seqNr.Value);
        BytesInFlight += packet.Payload.Length;
        PacketsInFlight++;
    }

    private void LeaveFlight(ref OutstandingPacket packet)
    {
        Link(packet.Earlier, packet.Later, packet.Later, packet.Earlier);
        BytesInFlight -= packet.Payload.Length;
        PacketsInFlight--;
    }

    private void Link(int earlier, int later, int afterEarlier, int beforeLater)
    {
        if (earlier == None)
            _earliest = afterEarlier;
        else
            this[new SeqNr((ushort)earlier)].Later = afterEarlier;
        if (later == None)
            _latest = beforeLater;
        else
            this[new SeqNr((ushort)later)].Earlier = beforeLater;
    }

    private void Grow()
    {
        var ring = new OutstandingPacket[Math.Max(4, _ring.Length * 2)];
        for (var i = 0; i < Count; i++)
        {
            var seqNr = LeftEdge.Plus(i);
            ring[seqNr.Value & (ring.Length - 1)] = this[seqNr];
        }

        _ring = ring;
    }
}
