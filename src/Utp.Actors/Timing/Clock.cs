using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>The clock of arrival stamps, as the core counts time.</summary>
internal static class Clock
{
    public static Instant Now => new(MonotonicClock.NowMicros);
}
