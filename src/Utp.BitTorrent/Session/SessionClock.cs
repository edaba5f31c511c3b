using System.Diagnostics;

namespace Utp.BitTorrent;

/// <summary>Seconds since a session began, which do not step back.</summary>
internal sealed class SessionClock
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public double Seconds => Stopwatch.GetElapsedTime(_start).TotalSeconds;
}
