using System.Diagnostics;
using System.Net.Sockets;
using Utp.Protocol;
using Utp.Simulation;
using Utp.Streams;

namespace Utp.Links.Agents;

/// <summary>One connection in an agent: what it has moved so far, and how it ended. The stream's first 8 bytes say which pattern follows.</summary>
internal sealed class Flow(FlowPlan plan, CancellationToken cancellation)
{
    private const int BlockBytes = 64 << 10;
    private const int KeyBytes = 8;
    private readonly long _started = NowNanos;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream? _stream;
    private long _opened;
    private long _last;
    private long _bytes;
    private volatile bool _intact = true;
    private FlowReport? _end;

    public static long NowNanos => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    public Task Over => _over.Task;

    /// <summary>Opens, sends, waits for the receiver's end.</summary>
    public Task SendAsync(Func<CancellationToken, Task<Stream>> open) => RunAsync(async () =>
    {
        _stream = await open(cancellation).ConfigureAwait(false);
        _opened = NowNanos;
        var pattern = new StreamPattern((ulong)_started);
        var buffer = new byte[BlockBytes];
        while (plan.Bytes == 0 || _bytes < plan.Bytes)
        {
            var count = plan.Bytes == 0 ? BlockBytes : (int)Math.Min(BlockBytes, plan.Bytes - _bytes);
            // uTP keeps what is written until it is acknowledged; the kernel copies.
            if (plan.Carrier == Carrier.Utp)
                buffer = new byte[count];
            pattern.Fill(buffer.AsSpan(0, count), _bytes);
            if (_bytes == 0 && count >= KeyBytes)
                BitConverter.TryWriteBytes(buffer, _started);
            await _stream.WriteAsync(buffer.AsMemory(0, count), cancellation).ConfigureAwait(false);
            _bytes += count;
        }

        await EndWritesAsync().ConfigureAwait(false);
        while (await _stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) > 0)
        {
        }

        _last = NowNanos;
    });

    /// <summary>Reads to the end, and ends, too.</summary>
    public Task ReceiveAsync(Stream stream) => RunAsync(async () =>
    {
        _stream = stream;
        _opened = NowNanos;
        if (plan.PauseMillis > 0)
            await Task.Delay(plan.PauseMillis, cancellation).ConfigureAwait(false);
        // Who waits without a buffer holds none: thousands of peers that fall silent cost what the library keeps of them.
        await stream.ReadAsync(Memory<byte>.Empty, cancellation).ConfigureAwait(false);
        var buffer = new byte[BlockBytes];
        var head = new byte[KeyBytes];
        StreamPattern pattern = default;
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            var from = (int)Math.Clamp(KeyBytes - _bytes, 0, count);
            buffer.AsSpan(0, from).CopyTo(head.AsSpan((int)Math.Min(_bytes, KeyBytes)));
            if (from > 0)
                pattern = new StreamPattern(BitConverter.ToUInt64(head));
            _intact &= pattern.FindMismatch(buffer.AsSpan(from, count - from), _bytes + from) < 0;
            _last = NowNanos;
            Volatile.Write(ref _bytes, _bytes + count);
        }

        await EndWritesAsync().ConfigureAwait(false);
    });

    public async Task<FlowReport> ReadAsync() => _end ?? await MeasureAsync(new FlowReport()).ConfigureAwait(false);

    private async Task RunAsync(Func<Task> work)
    {
        var end = new FlowReport { Ended = true };
        try
        {
            await work().ConfigureAwait(false);
            if (_stream is UtpStream utp)
            {
                // A reset may come behind the last byte: the protocol's own word counts.
                var reason = await utp.Closed.WaitAsync(cancellation).ConfigureAwait(false);
                if (reason.Cause is not (CloseCause.Closed or CloseCause.ConfirmedClosed or CloseCause.PeerClosed))
                    end = end with { Cause = reason.Cause.ToString() };
            }
        }
        catch (OperationCanceledException)
        {
            (_stream as UtpStream)?.Abort();
            if (_stream is NetworkStream tcp)
                tcp.Socket.LingerState = new LingerOption(true, 0);
            end = end with { Cause = "Stopped", Error = "It was stopped." };
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            end = end with { Error = e.Message, Cause = CauseOf(e) };
        }

        if (_last == 0)
            _last = NowNanos;
        _end = await MeasureAsync(end).ConfigureAwait(false);
        if (_stream is not null)
            await _stream.DisposeAsync().ConfigureAwait(false);

        // What is over is a report, and holds nothing of its connection.
        _stream = null;
        _over.TrySetResult();
    }

    private async Task<FlowReport> MeasureAsync(FlowReport report)
    {
        report = report with { StartedNanos = _started, OpenedNanos = _opened, LastNanos = _last, Bytes = Volatile.Read(ref _bytes), ReadNanos = NowNanos, Intact = _intact };
        try
        {
            if (_stream is UtpStream utp)
            {
                var statistics = await utp.GetStatisticsAsync(CancellationToken.None).ConfigureAwait(false);
                return report with
                {
                    PacketsSent = statistics.PacketsSent,
                    Retransmissions = statistics.Retransmissions,
                    Timeouts = statistics.Timeouts,
                    RttMicros = statistics.SmoothedRttMicros,
                    CongestionWindowBytes = statistics.CongestionWindowBytes,
                };
            }

            return _stream is NetworkStream tcp ? TcpInfo.AddTo(report, tcp.Socket) : report;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return report;
        }
    }

    private async Task EndWritesAsync()
    {
        if (_stream is UtpStream utp)
            await utp.CompleteWritesAsync(cancellation).ConfigureAwait(false);
        else
            ((NetworkStream)_stream!).Socket.Shutdown(SocketShutdown.Send);
    }

    private static string CauseOf(Exception e) => e is UtpException utp
        ? utp.CloseReason?.Cause.ToString() ?? utp.FailureCause?.ToString() ?? "Unknown"
        : ((e as SocketException) ?? (e.InnerException as SocketException))?.SocketErrorCode.ToString() ?? "Unknown";
}
