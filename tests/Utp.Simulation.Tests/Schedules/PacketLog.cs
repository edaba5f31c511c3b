using Utp.Protocol;
using Utp.Testing;

namespace Utp.Simulation.Tests.Schedules;

/// <summary>Writes down every packet of a run, one line each, for reading after a failure.</summary>
internal sealed class PacketLog(TextWriter writer) : INetworkObserver, IDisposable
{
    public static PacketLog? ToFile(string? path) =>
        string.IsNullOrEmpty(path) ? null : new PacketLog(File.CreateText(path));

    /// <summary>The clock of the run, once there is one.</summary>
    public Func<long> NowMicros { get; set; } = static () => 0;

    public void OnDatagram(DatagramFate fate, DropCause cause, in DatagramInfo datagram, ReadOnlySpan<byte> payload)
    {
        var what = PacketHeader.TryParse(payload, out _)
            ? new SeenPacket(payload.ToArray(), Instant.Zero, datagram.DontFragment).ToString()
            : $"{payload.Length} bytes";
        var fateText = cause == DropCause.None ? fate.ToString() : $"{fate} ({cause})";
        writer.WriteLine($"{NowMicros(),12} {fateText,-18} {datagram.Source} > {datagram.Destination} {what}");
    }

    public void Dispose() => writer.Dispose();
}
