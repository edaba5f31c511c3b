using System.Buffers.Binary;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Simulation;

/// <summary>
/// A model of a TCP that always has data: slow start from 10 segments, fast retransmit after three later segments arrived, recovery
/// by a scoreboard (RFC 6675 in spirit: each acknowledgement names one segment), RFC 6298 timer with its 1 s minimum. Not modelled: the
/// handshake, delayed acknowledgements, timestamps, HyStart, pacing, proportional rate reduction, RACK and tail loss probes;
/// a retransmission that is lost again waits for the timer.
/// </summary>
internal sealed class TcpSender(SimulatedNetwork network, UdpEndPoint address, UdpEndPoint peer, TcpWindow window) : IDatagramHost, IEventHandler
{
    private const int MaxInFlight = 4_096;
    private const int DuplicateThreshold = 3;
    private const long MinRtoMicros = 1_000_000;
    private const long MaxRtoMicros = 60_000_000;
    private readonly Simulator _simulator = network.Simulator;
    private readonly Segment[] _segments = new Segment[MaxInFlight];
    private readonly Queue<long> _lost = new();
    private readonly byte[] _datagram = new byte[TcpSegment.DataBytes];
    private long _first;
    private long _next;
    private long _highestArrived = -1;
    private long _scannedForLoss;
    private long _recoverUntil;
    private int _inPipe;
    private long _smoothedRtt;
    private long _rttVar;
    private long _rto = MinRtoMicros;
    private Instant _timerAt = Instant.Never;
    private Instant _wakeAt = Instant.Never;
    private bool _running;

    public long Retransmissions { get; private set; }

    public long Timeouts { get; private set; }

    public double WindowSegments => window.Segments;

    public void Start()
    {
        _running = true;
        Send();
    }

    public void Stop()
    {
        _running = false;
        _timerAt = Instant.Never;
    }

    void IDatagramHost.OnDatagram(in DatagramInfo datagram, ReadOnlySpan<byte> payload)
    {
        if (!_running)
            return;
        var acknowledged = BinaryPrimitives.ReadInt64BigEndian(payload);
        var offset = BinaryPrimitives.ReadInt32BigEndian(payload[8..]);
        var (newly, advanced) = (0, acknowledged > _first);
        for (; _first < acknowledged; _first++)
            newly += Arrived(_first);
        if (offset >= 0 && acknowledged + offset >= _first)
        {
            newly += Arrived(acknowledged + offset);
            _highestArrived = Math.Max(_highestArrived, acknowledged + offset);
        }

        FindLost();
        if (_first >= _recoverUntil)
            window.OnAck(newly, _smoothedRtt, _simulator.Now);
        if (advanced)
            RestartTimer();
        Send();
    }

    void IDatagramHost.OnPathError(UdpEndPoint remote, PathError error, int pathMtuBytes)
    {
    }

    void IEventHandler.OnEvent(long tag)
    {
        _wakeAt = Instant.Never;
        if (_simulator.Now < _timerAt)
        {
            Wake();
            return;
        }

        if (!_running || _timerAt == Instant.Never || _first == _next)
            return;
        // RFC 6298 §5.4–5.6. All that has not arrived counts as lost.
        Timeouts++;
        window.OnTimeout();
        _recoverUntil = _next;
        _lost.Clear();
        for (var number = _first; number < _next; number++)
            MarkLost(number, again: true);
        _scannedForLoss = _next;
        _rto = Math.Min(_rto * 2, MaxRtoMicros);
        RestartTimer();
        Send();
    }

    private int Arrived(long number)
    {
        ref var segment = ref _segments[number % MaxInFlight];
        if (segment.HasArrived)
            return 0;
        segment.HasArrived = true;
        if (segment.InPipe)
            _inPipe--;
        segment.InPipe = false;
        // Karn: a segment that was sent twice says nothing about the round trip.
        if (segment.Transmissions == 1)
            MeasureRtt(_simulator.Now.Since(segment.SentAt));
        return 1;
    }

    private void MeasureRtt(long micros)
    {
        if (_smoothedRtt == 0)
        {
            (_smoothedRtt, _rttVar) = (micros, micros / 2);
        }
        else
        {
            _rttVar = ((3 * _rttVar) + Math.Abs(_smoothedRtt - micros)) / 4;
            _smoothedRtt = ((7 * _smoothedRtt) + micros) / 8;
        }

        _rto = Math.Clamp(_smoothedRtt + (4 * _rttVar), MinRtoMicros, MaxRtoMicros);
    }

    private void FindLost()
    {
        for (var number = Math.Max(_scannedForLoss, _first); number <= _highestArrived - DuplicateThreshold; number++)
        {
            _scannedForLoss = number + 1;
            if (!MarkLost(number, again: false) || number < _recoverUntil)
                continue;
            window.OnLoss();
            _recoverUntil = _next;
        }
    }

    private bool MarkLost(long number, bool again)
    {
        ref var segment = ref _segments[number % MaxInFlight];
        if (segment.HasArrived || (!again && segment.Transmissions > 1))
            return false;
        if (segment.InPipe)
            _inPipe--;
        segment.InPipe = false;
        _lost.Enqueue(number);
        return true;
    }

    private void Send()
    {
        while (_inPipe < (int)window.Segments)
        {
            if (NextLost() is { } number)
            {
                Retransmissions++;
            }
            else if (_next - _first < MaxInFlight)
            {
                number = _next++;
                _segments[number % MaxInFlight] = default;
            }
            else
            {
                break;
            }

            Transmit(number);
        }

        if (_timerAt == Instant.Never)
            RestartTimer();
    }

    private long? NextLost()
    {
        while (_lost.TryDequeue(out var number))
        {
            if (number >= _first && !_segments[number % MaxInFlight].HasArrived)
                return number;
        }

        return null;
    }

    private void Transmit(long number)
    {
        ref var segment = ref _segments[number % MaxInFlight];
        segment.InPipe = true;
        segment.Transmissions++;
        segment.SentAt = _simulator.Now;
        _inPipe++;
        BinaryPrimitives.WriteInt64BigEndian(_datagram, number);
        network.Send(address, peer, _datagram, dontFragment: true);
    }

    private void RestartTimer()
    {
        _timerAt = _simulator.Now.Plus(_rto);
        Wake();
    }

    private void Wake()
    {
        if (_timerAt >= _wakeAt)
            return;
        _wakeAt = _timerAt;
        _simulator.Schedule(_wakeAt, this, 0);
    }

    private struct Segment
    {
        public Instant SentAt;
        public int Transmissions;
        public bool HasArrived;
        public bool InPipe;
    }
}
