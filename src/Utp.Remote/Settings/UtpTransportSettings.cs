using Akka.Configuration;

namespace Utp.Remote;

/// <summary>The transport's section of the configuration, validated; <c>config/utp-remote.hocon</c> describes each key.</summary>
internal sealed record UtpTransportSettings
{
    // Keys of Akka's own transport that mean nothing over uTP.
    private static readonly string[] Ignored =
    [
        "transport-protocol", "byte-order", "batching", "enable-pooling", "server-socket-worker-pool", "client-socket-worker-pool", "use-dispatcher-for-io",
        "enable-backwards-compatibility", "tcp-nodelay", "tcp-keepalive", "tcp-reuse-addr",
    ];

    private const int MinFrameBytes = 32_000;

    private UtpTransportSettings(Config section, Config system, UtpRemoteTlsSetup? tlsSetup)
    {
        var config = section.WithFallback(Reference);
        var read = new SectionReader(config);
        IgnoredKeys = FindIgnored(section);

        Scheme = read.Text("scheme");
        if (Scheme.Length == 0 || !Scheme.All(static c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.'))
            throw SectionReader.Wrong("scheme", "letters, digits, '+', '-' and '.'", Scheme);
        Hostname = read.Text("hostname");
        PublicHostname = read.Text("public-hostname");
        Port = read.Count("port", 0, ushort.MaxValue);
        PublicPort = read.Count("public-port", 0, ushort.MaxValue);
        DnsUseIpv6 = read.Switch("dns-use-ipv6");
        EnforceIpFamily = read.Switch("enforce-ip-family");
        ConnectionTimeout = Below(read.Duration("connection-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), system);
        MaxFrameBytes = read.Size("maximum-frame-size", MinFrameBytes, 1 << 29);
        Backlog = read.Count("backlog", 1, 1_000_000);
        HighWaterBytes = read.Size("write-buffer-high-water-mark", MinFrameBytes, 1 << 30, zeroAllowed: true);
        LowWaterBytes = read.Size("write-buffer-low-water-mark", MinFrameBytes, 1 << 30, zeroAllowed: true);
        if (HighWaterBytes > 0 && LowWaterBytes > HighWaterBytes)
            throw SectionReader.Wrong("write-buffer-low-water-mark", $"at most write-buffer-high-water-mark, {HighWaterBytes} bytes", LowWaterBytes);
        FlushTimeout = read.Duration("flush-timeout", TimeSpan.Zero, TimeSpan.FromMinutes(1));
        ResumeTimeout = read.Duration("resume-timeout", TimeSpan.Zero, TimeSpan.FromMinutes(10));
        LogTransport = read.Switch("log-transport");
        Layout = new LaneLayout(read.Count("lanes.ordinary", 1, LaneLayout.MaxOrdinary), read.Switch("lanes.control"), read.Texts("large-message-destinations").Count > 0);
        MaxLargeFrameBytes = read.Size("maximum-large-frame-size", MinFrameBytes, 1 << 29);
        var destinations = read.Texts("large-message-destinations");
        foreach (var pattern in destinations)
        {
            if (!LargeDestinations.IsValid(pattern))
                throw SectionReader.Wrong("large-message-destinations", "paths as /user/reports, /user/reports/* or /user/reports/**", pattern);
        }

        LargeDestinations = new LargeDestinations(destinations);
        Tls = read.Switch("enable-ssl") ? TlsSettings.Create(read, tlsSetup) : null;
        Utp = UtpConfig(section, system, read);
    }

    /// <summary>The defaults, <c>config/utp-remote.hocon</c>, as they are embedded in this assembly.</summary>
    public static Config Reference { get; } = ConfigurationFactory.FromResource<UtpTransportSettings>("Utp.Remote.utp-remote.hocon");

    public string Scheme { get; }

    public string Hostname { get; }

    public string PublicHostname { get; }

    public int Port { get; }

    public int PublicPort { get; }

    public bool DnsUseIpv6 { get; }

    public bool EnforceIpFamily { get; }

    public TimeSpan ConnectionTimeout { get; }

    public int MaxFrameBytes { get; }

    public int Backlog { get; }

    /// <summary>Zero: what the lane moves in 100 ms.</summary>
    public int HighWaterBytes { get; }

    /// <summary>Zero: half of the high water mark.</summary>
    public int LowWaterBytes { get; }

    public TimeSpan FlushTimeout { get; }

    /// <summary>Zero: an association ends with the first of its connections.</summary>
    public TimeSpan ResumeTimeout { get; }

    public bool LogTransport { get; }

    /// <summary>The lanes that this node asks for, and grants.</summary>
    public LaneLayout Layout { get; }

    /// <summary>Whose messages go on a lane of their own.</summary>
    public LargeDestinations LargeDestinations { get; }

    /// <summary>The largest message on the lane of large ones.</summary>
    public int MaxLargeFrameBytes { get; }

    /// <summary>Null: the lanes are plain.</summary>
    public TlsSettings? Tls { get; }

    /// <summary>Has the section <c>utp</c> for <see cref="Actors.SeparateUtp"/>.</summary>
    public Config Utp { get; }

    /// <summary>Keys that are set and mean nothing here.</summary>
    public IReadOnlyList<string> IgnoredKeys { get; }

    /// <summary>Reads and validates.</summary>
    /// <param name="section">The transport's.</param>
    /// <param name="system">The whole configuration of the actor system.</param>
    /// <param name="tlsSetup">What code has set up, if it has.</param>
    /// <exception cref="ConfigurationException">A value is wrong or a key unknown; the message names it, and what is allowed.</exception>
    public static UtpTransportSettings Parse(Config section, Config system, UtpRemoteTlsSetup? tlsSetup = null) => new(section, system, tlsSetup);

    private static List<string> FindIgnored(Config section)
    {
        var known = SectionReader.Leaves(Reference).Append("transport-class").ToHashSet(StringComparer.Ordinal);
        var ignored = new List<string>();
        foreach (var key in SectionReader.Leaves(section).Distinct(StringComparer.Ordinal))
        {
            if (Array.Exists(Ignored, name => key == name || key.StartsWith(name + ".", StringComparison.Ordinal)))
                ignored.Add(key);
            else if (!known.Contains(key) && !key.StartsWith("utp.", StringComparison.Ordinal))
                throw new ConfigurationException($"{key} is no setting of Utp.Remote.UtpTransport: config/utp-remote.hocon lists all; settings of uTP itself stand below utp {{}} in its section.");
        }

        return ignored;
    }

    // An association that opens when Akka has given up would have no user.
    private static TimeSpan Below(TimeSpan timeout, Config system)
    {
        var handshake = system.GetTimeSpan("akka.remote.handshake-timeout", TimeSpan.FromSeconds(15));
        var limit = handshake - TimeSpan.FromSeconds(1);
        return limit > TimeSpan.Zero && timeout > limit ? limit : timeout;
    }

    // The section has a section utp, as the system's configuration has one: what is set nearer to the transport counts.
    private static Config UtpConfig(Config section, Config system, SectionReader read)
    {
        var buffers = new List<string>();
        if (read.Size("send-buffer-size", 4 << 10, 1 << 30, zeroAllowed: true) is > 0 and var send)
            buffers.Add($"utp.send-buffer = {send}");
        if (read.Size("receive-buffer-size", 4 << 10, 1 << 30, zeroAllowed: true) is > 0 and var receive)
            buffers.Add($"utp.receive-window {{ max = {receive}, initial = {Math.Min(receive, 256 << 10)} }}");
        return section.WithFallback(ConfigurationFactory.ParseString(string.Join('\n', buffers))).WithFallback(Reference).WithFallback(system);
    }
}
