using System.Globalization;
using System.Net;
using Utp.Actors;
using Utp.Sockets;

namespace Utp.Cli;

/// <summary>What of this machine alone holds uTP back: socket buffers, segmentation, the clock.</summary>
internal static class MachineChecks
{
    private const string ClockSource = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

    // Read without a system call, or by few instructions.
    private static readonly string[] FastClocks = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"];

    /// <summary>All of them, with a socket as the settings ask for it.</summary>
    public static IReadOnlyList<Finding> Run(UtpSettings settings)
    {
        using var channel = UdpSocketChannel.Bind(new UdpSocketOptions
        {
            Bind = new IPEndPoint(IPAddress.Loopback, 0),
            ReceiveBufferBytes = settings.SocketReceiveBufferBytes,
            SendBufferBytes = settings.SocketSendBufferBytes,
            Batched = true,
        });
        return
        [
            Buffer("receive-buffer", "Receive buffer", "net.core.rmem_max", channel.ReceiveBufferBytes, settings.SocketReceiveBufferBytes),
            Buffer("send-buffer", "Send buffer", "net.core.wmem_max", channel.SendBufferBytes, settings.SocketSendBufferBytes),
            Segmentation((channel.Features & DatagramChannelFeatures.Segmentation) != 0, OperatingSystem.IsLinux()),
            Clock(OperatingSystem.IsLinux() && File.Exists(ClockSource) ? File.ReadAllText(ClockSource).Trim() : null),
        ];
    }

    /// <summary>Whether the kernel grants the buffer that is asked for.</summary>
    public static Finding Buffer(string name, string title, string sysctl, int granted, int asked) => granted >= asked
        ? new Finding(name, title, Health.Good, $"{ByteSize.Text(granted)} granted")
        : new Finding(
            name,
            title,
            Health.Costs,
            $"{ByteSize.Text(granted)} granted of {ByteSize.Text(asked)}",
            "Fast transfers lose datagrams, or are held to what the buffer takes.",
            string.Create(CultureInfo.InvariantCulture, $"sysctl -w {sysctl}={asked}"));

    /// <summary>Whether the kernel cuts bursts into datagrams.</summary>
    public static Finding Segmentation(bool segments, bool isLinux) => (segments, isLinux) switch
    {
        (true, _) => new Finding("segmentation", "Segmentation (GSO, GRO)", Health.Good, "the kernel cuts bursts and merges what arrives"),
        (false, true) => new Finding(
            "segmentation", "Segmentation (GSO, GRO)", Health.Costs, "the kernel takes one datagram per system call", "Several times the CPU for the same bytes.", "use a kernel of Linux 5.0 or newer, and utp.channel = auto"),
        _ => new Finding("segmentation", "Segmentation (GSO, GRO)", Health.Unknown, "only Linux has it"),
    };

    /// <summary>Whether the clock is cheap to read: each burst is stamped.</summary>
    public static Finding Clock(string? source) => source switch
    {
        null => new Finding("clock", "Clock", Health.Unknown, "the system does not tell its source"),
        _ when FastClocks.Contains(source) => new Finding("clock", "Clock", Health.Good, source),
        _ => new Finding(
            "clock", "Clock", Health.Costs, source, "Each reading is a system call or slower, several for each burst.", $"echo tsc > {ClockSource}, where the processor's counter is stable"),
    };
}
