using Akka.Event;

namespace Utp.Actors;

/// <summary>Says once per process that the kernel grants small socket buffers: it is a fact of the machine, not of a socket.</summary>
internal static class SmallBufferWarning
{
    private static int _logged;

    public static void Log(ILoggingAdapter log, int receiveGranted, int receiveAsked, int sendGranted, int sendAsked)
    {
        if (Interlocked.Exchange(ref _logged, 1) != 0)
            return;
        log.Warning(
            "The kernel granted a UDP receive buffer of {ReceiveBytes} bytes (asked: {ReceiveAsked}) and a send buffer of {SendBytes} (asked: {SendAsked}); fast transfers may lose datagrams. "
            + "Allow more (Linux: {Command}), or ask for less (utp.socket). [{UtpEvent}]",
            receiveGranted, receiveAsked, sendGranted, sendAsked, $"sysctl -w net.core.rmem_max={receiveAsked} net.core.wmem_max={sendAsked}", UtpLogEvents.SmallSocketBuffers);
    }
}
