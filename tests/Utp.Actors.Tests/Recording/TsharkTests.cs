using System.Diagnostics;
using System.Net;
using Utp.Messages;
using Xunit.Abstractions;

namespace Utp.Actors.Tests.Recording;

/// <summary>
/// Wireshark's dissector of uTP reads what was recorded of whole connections, over IPv4 and IPv6. It takes packets with extensions beyond 2 for none of uTP (docs/interop.md), so the peers
/// are plain, and large windows only if it is told to.
/// </summary>
public sealed class TsharkTests : UtpSpec
{
    private readonly DirectoryInfo _folder;

    public TsharkTests(ITestOutputHelper output)
        : this(output, Directory.CreateTempSubdirectory("utp-tshark-"))
    {
    }

    private TsharkTests(ITestOutputHelper output, DirectoryInfo folder)
        : base(output, $"utp.compatibility = plain\nutp.trace = \"{folder.FullName}\"") => _folder = folder;

    [TsharkTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Tshark_reads_every_packet_of_a_recorded_connection_without_a_malformed_mark(string address)
    {
        var pair = OpenPair(bind => bind with { LocalAddress = new IPEndPoint(IPAddress.Parse(address), 0) });
        pair.A.Tell(new Write(Bytes(200_000, 1)));
        pair.B.ExpectBytes(200_000);
        pair.A.Tell(Close.Instance);
        pair.A.Handler.FishForMessage(static message => message is ConnectionClosed);
        pair.B.Handler.FishForMessage(static message => message is ConnectionClosed);
        await Sys.Terminate();

        var files = _folder.GetFiles("*.pcapng");
        Assert.Equal(2, files.Length);
        foreach (var file in files)
        {
            var packets = PcapngReader.Read(file.FullName);
            var port = Ports(packets[0].Bytes).Lower;
            var lines = await RunAsync("-r", file.FullName, "-o", "bt-utp.max_window_size:0xffffffff", "-d", $"udp.port=={port},bt-utp", "-T", "fields", "-e", "frame.number", "-e", "bt-utp.type", "-e", "bt-utp.len", "-e", "_ws.malformed", "-e", "frame.comment");
            Assert.Equal(packets.Count, lines.Length);
            Assert.All(lines, line =>
            {
                var fields = line.Split('\t');
                Assert.True(fields[1].Length > 0, $"tshark takes this for no packet of uTP: {line}");
                Assert.True(fields[3].Length == 0, $"tshark calls this malformed: {line}");
                Assert.Equal(packets[0].Comment, fields[4]);
            });

            // ST_SYN at the beginning, ST_DATA in between.
            Assert.Equal("4", lines[0].Split('\t')[1]);
            Assert.Contains(lines, static line => line.Split('\t')[1] == "0");
        }
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Delete(recursive: true);
    }

    private static (int Lower, int Higher) Ports(byte[] packet)
    {
        var udp = packet[0] >> 4 == 4 ? 20 : 40;
        var (a, b) = ((packet[udp] << 8) + packet[udp + 1], (packet[udp + 2] << 8) + packet[udp + 3]);
        return (Math.Min(a, b), Math.Max(a, b));
    }

    private static async Task<string[]> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Tshark.Program!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

/// <summary>Wireshark's command.</summary>
internal static class Tshark
{
    /// <summary>Where the program is; null: nowhere.</summary>
    public static string? Program { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "tshark")).FirstOrDefault(File.Exists);
}

/// <summary>Needs tshark; without it the test is skipped, unless <c>UTP_REQUIRE_PEERS=1</c> forbids that.</summary>
internal sealed class TsharkTheoryAttribute : TheoryAttribute
{
    public TsharkTheoryAttribute()
    {
        if (Tshark.Program is null && Environment.GetEnvironmentVariable("UTP_REQUIRE_PEERS") != "1")
            Skip = "tshark is not installed (Debian package: tshark).";
    }
}
