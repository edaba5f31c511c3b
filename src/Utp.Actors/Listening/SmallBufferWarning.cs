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
            "The kernel granted a UDP receive buffer of {0} bytes (asked: {1}) and a send buffer of {2} (asked: {3}); fast transfers may lose datagrams. "
            + "Allow more (Linux: sysctl -w net.core.rmem_max={1} net.core.wmem_max={3}), or ask for less (utp.socket).",
            receiveGranted, receiveAsked, sendGranted, sendAsked);
    }
}
