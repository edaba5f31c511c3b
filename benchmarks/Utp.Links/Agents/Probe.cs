using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Utp.Links.Kernel;
using Utp.Links.Router;

namespace Utp.Links.Agents;

/// <summary>
/// Plain UDP packets at a fixed rate, each with the time of its sendto; the receiver takes the time when the kernel got it (SO_TIMESTAMPNS), so that no wake-up of a
/// program's is in the delay.
/// </summary>
internal sealed unsafe class Probe : IDisposable
{
    private const int SolSocket = 1;
    private const int SoTimestampNanos = 35;
    private const int ControlHeaderBytes = 16;
    private const int HeaderBytes = 28;
    private const int PayloadBytes = 1_400 - HeaderBytes;
    private const int BufferBytes = 4 << 20;

    // The first packets find routes and wake up what sleeps.
    private const int WarmUpPackets = 50;

    private readonly FlowPlan _plan;
    private readonly Socket _socket;
    private readonly DelayHistogram _delays = new();
    private readonly Lock _gate = new();
    private Thread? _thread;
    private long _started;
    private long _last;
    private long _packets;
    private volatile bool _stops;

    public Probe(FlowPlan plan)
    {
        _plan = plan;
        _socket = new Socket(IPAddress.Parse(plan.Address).AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = BufferBytes, SendBufferSize = BufferBytes };
    }

    /// <summary>Receives from now on, on a thread of its own.</summary>
    /// <returns>The port.</returns>
    public int Receive()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Parse(_plan.Address), 0));
        _socket.SetRawSocketOption(SolSocket, SoTimestampNanos, BitConverter.GetBytes(1));
        _thread = new Thread(ReceiveAll) { IsBackground = true };
        _thread.Start();
        return ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    /// <summary>Sends until the plan's bytes are sent, on the caller's thread.</summary>
    public void Send(IPEndPoint remote)
    {
        _ = LibC.ProcessControl(LibC.PR_SET_TIMERSLACK, 1, 0, 0, 0);
        _socket.Connect(remote);
        var packet = new byte[PayloadBytes];
        var gap = _plan.Megabits == 0 ? 0 : (long)((PayloadBytes + HeaderBytes) * 8_000 / _plan.Megabits);
        var due = _started = Flow.NowNanos;
        for (long sent = 0; sent < _plan.Bytes && !_stops; sent += PayloadBytes)
        {
            for (var now = Flow.NowNanos; now < due; now = Flow.NowNanos)
            {
                var timeout = new TimeSpec { Nanoseconds = due - now };
                _ = LibC.Poll(null, 0, &timeout, null);
            }

            due += gap;
            BitConverter.TryWriteBytes(packet, WallNanos);
            try
            {
                _socket.Send(packet);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.NoBufferSpaceAvailable or SocketError.ConnectionRefused)
            {
                // Lost, as any other.
            }

            _packets++;
        }

        _last = Flow.NowNanos;
    }

    public FlowReport Read()
    {
        lock (_gate)
        {
            return new FlowReport
            {
                StartedNanos = _started,
                OpenedNanos = _started,
                LastNanos = _last,
                ReadNanos = Flow.NowNanos,
                Ended = true,
                Intact = true,
                Bytes = _packets * PayloadBytes,
                PacketsSent = _packets,
                Delays = _delays.Count == 0 ? null
                    : new DelaySummary(_delays.MinMicros, _delays.Percentile(50), _delays.Percentile(99), _delays.Percentile(99.9), _delays.MaxMicros),
            };
        }
    }

    public void Dispose()
    {
        _stops = true;
        _socket.Dispose();
    }

    private static long WallNanos => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private void ReceiveAll()
    {
        var buffer = stackalloc byte[2_048];
        var control = stackalloc byte[128];
        var vector = new IoVector { Base = buffer, Length = 2_048 };
        try
        {
            while (!_stops)
            {
                var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 128 };
                if (LibC.ReceiveMessage(_socket.SafeHandle, &message, 0) < sizeof(long))
                {
                    // A socket of .NET's may not block; what is ready is awaited.
                    if (Marshal.GetLastPInvokeError() is not (LibC.EAGAIN or LibC.EINTR))
                        return;
                    _socket.Poll(Timeout.Infinite, SelectMode.SelectRead);
                    continue;
                }

                var stamp = (TimeSpec*)(control + ControlHeaderBytes);
                var delay = (stamp->Seconds * 1_000_000_000) + stamp->Nanoseconds - *(long*)buffer;
                lock (_gate)
                {
                    _last = Flow.NowNanos;
                    if (_packets == 0)
                        _started = _last;
                    if (_packets++ >= WarmUpPackets)
                        _delays.Add(delay);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // Disposed: that is the end.
        }
    }
}
