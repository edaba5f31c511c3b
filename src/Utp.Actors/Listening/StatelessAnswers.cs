using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// Answers to ST_SYNs that nothing is remembered of, on the receive loop itself, without an object for any of them: they are written under the table's lock and
/// sent when it is free. One receive loop's alone.
/// </summary>
internal sealed class StatelessAnswers
{
    // More in one batch, as from a merged run, are dropped: their senders try again.
    private const int MaxPerBatch = 1_024;

    // Most ports are never flooded, and pay nothing.
    private byte[]? _bytes;
    private (UdpPath Path, int Length)[]? _answers;
    private int _count;

    /// <summary>Writes the answer; false when the ST_SYN is to take its usual way. Under the table's lock.</summary>
    public bool TryAnswer(DatagramRouter<UdpPath, ConnectionHandle> router, in UdpPath path, in ParsedPacket syn, ReadOnlySpan<byte> datagram, Instant arrival)
    {
        Span<byte> answer = stackalloc byte[ReceiveLoop.LargestAnswerBytes];
        if (!router.TryAnswerStateless(path, syn, datagram, answer, arrival, out var length))
            return false;
        if (_count == MaxPerBatch)
            return true;
        _bytes ??= new byte[MaxPerBatch * ReceiveLoop.LargestAnswerBytes];
        _answers ??= new (UdpPath, int)[MaxPerBatch];
        answer[..length].CopyTo(_bytes.AsSpan(_count * ReceiveLoop.LargestAnswerBytes));
        _answers[_count++] = (path, length);
        return true;
    }

    /// <summary>Sends what was written, as far as the socket takes it, and says now and then why.</summary>
    public void Send(IDatagramChannel channel, LimitLog log)
    {
        if (_count == 0)
            return;
        for (var i = 0; i < _count; i++)
        {
            var (path, length) = _answers![i];
            if (channel.Send(path, _bytes.AsSpan(i * ReceiveLoop.LargestAnswerBytes, length), length, dontFragment: true) == SendStatus.WouldBlock)
                break;
        }

        _count = 0;
        log.HalfOpen();
    }
}
