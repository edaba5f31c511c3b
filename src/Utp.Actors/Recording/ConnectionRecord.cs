using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// The record of one connection: takes its events and packets as numbers and bytes, into pieces that the writer turns into files. Never waits: without room in
/// <see cref="RecordMemory"/> what comes is dropped and counted. Owned by the connection's actor, which alone calls it.
/// </summary>
internal sealed class ConnectionRecord : IConnectionTrace
{
    // What has happened is on the disk after this time, also when little happens.
    private const long FlushMicros = 1_000_000;

    // When there is no memory, so many are dropped before it is asked for again: asking costs more than dropping.
    private const int DropsBetweenAsks = 256;

    private readonly RecordWriter _writer;
    private readonly QlogFile? _qlog;
    private readonly PcapngFile? _pcapng;
    private readonly UdpEndPoint _local;
    private readonly UdpEndPoint _remote;
    private readonly byte[] _inbound = [];
    private readonly byte[] _outbound = [];
    private readonly long _wallClockOffset;
    private readonly int _snapBytes;
    private TraceEvent[]? _events;
    private byte[]? _packets;
    private int _eventCount;
    private int _packetBytes;
    private int _packetCount;
    private long _droppedEvents;
    private long _droppedPackets;
    private long _toldDropped;
    private int _untilAsk;

    public ConnectionRecord(RecordWriter writer, string folder, TraceKinds kinds, UdpEndPoint local, UdpEndPoint remote, ConnectionId id, bool isInitiator)
    {
        _writer = writer;
        _local = local;
        _remote = remote;
        _snapBytes = writer.Settings.SnapBytes;
        var now = Clock.Now;
        var began = TimeProvider.System.GetUtcNow();
        _wallClockOffset = (began.Ticks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond - now.Micros;
        Name = $"{local}-{remote}-{id.Value:x4}";
        var path = System.IO.Path.Combine(folder, $"{FileName(Name)}-{began:yyyyMMdd'T'HHmmss'.'ffffff}");
        if (kinds.HasFlag(TraceKinds.Qlog))
            _qlog = new QlogFile(path, Name, isInitiator, began, now.Micros);
        if (kinds.HasFlag(TraceKinds.Pcapng))
        {
            _pcapng = new PcapngFile(path, Name, PcapngBlocks.HeaderBytes(remote.IsIPv4) + _snapBytes);
            _inbound = PcapngBlocks.PacketOptions(Name, isInbound: true);
            _outbound = PcapngBlocks.PacketOptions(Name, isInbound: false);
        }
    }

    /// <summary>The connection's name, as it stands in each packet's comment: both ends, and the id on which it receives.</summary>
    public string Name { get; }

    /// <summary>Its files.</summary>
    public IReadOnlyList<RecordFile> Files => [.. new RecordFile?[] { _qlog, _pcapng }.OfType<RecordFile>()];

    /// <summary>Events and packets that had no room.</summary>
    public long Dropped => _droppedEvents + _droppedPackets;

    /// <summary>When what is there must be handed to the writer; never: nothing is there.</summary>
    public Instant FlushAt { get; private set; } = Instant.Never;

    /// <summary>Whether it has events.</summary>
    public bool HasEvents => _qlog is not null;

    /// <summary>A deadline has passed: perhaps this one.</summary>
    public void OnDeadline(Instant now)
    {
        if (now >= FlushAt)
            Flush();
    }

    /// <summary>Datagrams were received.</summary>
    public void OnBatch(ReadOnlySpan<InboundPacket> batch)
    {
        if (_pcapng is null)
            return;
        foreach (ref readonly var packet in batch)
            Add(packet.Arrival, _remote, _local, packet.Datagram.Span, _inbound);
    }

    /// <summary>Datagrams of equal size were sent, the last one perhaps shorter.</summary>
    public void OnBurst(ReadOnlySpan<byte> burst, int segmentBytes, Instant now)
    {
        if (_pcapng is null)
            return;
        for (var offset = 0; offset < burst.Length; offset += segmentBytes)
            Add(now, _local, _remote, burst.Slice(offset, Math.Min(segmentBytes, burst.Length - offset)), _outbound);
    }

    /// <summary>Hands what there is to the writer.</summary>
    public void Flush()
    {
        FlushAt = Instant.Never;
        FlushEvents();
        FlushPackets();
    }

    /// <summary>Ends it; <paramref name="then"/> is called when all is written.</summary>
    public void End(Action then)
    {
        Flush();
        if (_qlog is not null && _droppedEvents > _toldDropped)
            _writer.WriteDropped(_qlog, Clock.Now.Micros, _droppedEvents - _toldDropped);
        _writer.End(Files, _droppedPackets > 0 ? PcapngBlocks.Statistics(Clock.Now.Micros + _wallClockOffset, _droppedPackets) : null, then);
    }

    public void OnSent(in SentTrace trace) => Add(TraceEvent.Of(trace));

    public void OnReceived(in ReceivedTrace trace) => Add(TraceEvent.Of(trace));

    public void OnAcked(in AckedTrace trace) => Add(TraceEvent.Of(trace));

    public void OnLost(in LostTrace trace) => Add(TraceEvent.Of(trace));

    public void OnWindow(in WindowTrace trace) => Add(TraceEvent.Of(trace));

    public void OnRtt(in RttTrace trace) => Add(TraceEvent.Of(trace));

    public void OnTimer(in TimerTrace trace) => Add(TraceEvent.Of(trace));

    public void OnState(in StateTrace trace) => Add(TraceEvent.Of(trace));

    private void Add(in TraceEvent happened)
    {
        if (_events is null && (!MayAsk() || !HasGot(_events = _writer.Memory.RentEvents())))
        {
            _droppedEvents++;
            return;
        }

        Arm(happened.At);
        _events![_eventCount++] = happened;
        if (_eventCount == _events.Length)
            FlushEvents();
    }

    private void Add(Instant at, in UdpEndPoint from, in UdpEndPoint to, ReadOnlySpan<byte> datagram, byte[] options)
    {
        if (_packets is null && (!MayAsk() || !HasGot(_packets = _writer.Memory.RentBytes())))
        {
            _droppedPackets++;
            return;
        }

        var kept = datagram[..Math.Min(datagram.Length, _snapBytes)];
        var bytes = PcapngBlocks.PacketBytes(kept.Length, from.IsIPv4, options);
        if (_packetBytes + bytes > RecordMemory.Bytes)
        {
            FlushPackets();
            if (!HasGot(_packets = _writer.Memory.RentBytes()))
            {
                _droppedPackets++;
                return;
            }
        }

        Arm(at);
        PcapngBlocks.WritePacket(_packets!.AsSpan(_packetBytes, bytes), at.Micros + _wallClockOffset, from, to, kept, datagram.Length, options);
        _packetBytes += bytes;
        _packetCount++;
    }

    private bool MayAsk() => _untilAsk == 0 || --_untilAsk == 0;

    private bool HasGot(object? piece)
    {
        _untilAsk = piece is null ? DropsBetweenAsks : 0;
        return piece is not null;
    }

    private void Arm(Instant at)
    {
        if (FlushAt == Instant.Never)
            FlushAt = at.Plus(FlushMicros);
    }

    private void FlushEvents()
    {
        if (_events is null)
            return;
        if (_qlog!.Failure is not null)
            _droppedEvents += _eventCount;
        _writer.Write(_qlog, _events, _eventCount, _droppedEvents - _toldDropped);
        _toldDropped = _droppedEvents;
        _events = null;
        _eventCount = 0;
    }

    private void FlushPackets()
    {
        if (_packets is null)
            return;
        if (_pcapng!.Failure is not null)
            _droppedPackets += _packetCount;
        _writer.Write(_pcapng, _packets, _packetBytes);
        _packets = null;
        _packetBytes = _packetCount = 0;
    }

    private static string FileName(string name) => string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_'));
}
