using System.Text.Json;
using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests.Recording;

/// <summary>Records of connections over real sockets: what stands in the files, and that the connection goes on whatever the disk does.</summary>
public sealed class RecordTests(ITestOutputHelper output) : UtpSpec(output)
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("utp-record-");

    [Fact]
    public void A_record_that_is_asked_for_holds_every_packet_from_then_on()
    {
        var pair = OpenPair();
        var started = Start(pair.A, _folder.FullName);
        var before = Statistics(pair.A);

        pair.A.Tell(new Write(Bytes(300_000, 1)) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        pair.B.ExpectBytes(300_000);
        pair.A.Handler.ExpectMsg("delivered");
        var after = Statistics(pair.A);
        var stopped = Stop(pair.A);

        Assert.Equal(0, stopped.Dropped);
        var events = Events(started.Files.Single(static file => file.EndsWith(".sqlog", StringComparison.Ordinal)));
        var sent = events.Where(static e => e.Name == "utp:packet_sent").ToList();
        Assert.InRange(sent.Count, after.PacketsSent - before.PacketsSent, after.PacketsSent - before.PacketsSent + 5);
        Assert.Equal(300_000, sent.Where(static e => e.Data.GetProperty("transmission").GetInt32() == 1).Sum(static e => e.Data.GetProperty("payload_length").GetInt64()));
        Assert.InRange(events.Count(static e => e.Name == "utp:packet_received"), 1, after.PacketsReceived - before.PacketsReceived + 5);
        Assert.Contains(events, static e => e.Name == "utp:packet_acked");
        Assert.Contains(events, static e => e.Name == "utp:window_updated");
        Assert.All(events, static e => Assert.True(e.Time >= 0));

        var packets = PcapngReader.Read(started.Files.Single(static file => file.EndsWith(".pcapng", StringComparison.Ordinal)));
        Assert.InRange(packets.Count(static packet => !packet.IsInbound), sent.Count - 5, sent.Count + 5);
        Assert.All(packets, packet => Assert.Equal(started.Name, packet.Comment));
        Assert.All(packets, static packet => Assert.InRange(packet.Kept, 20, 128));
    }

    [Fact]
    public void A_connection_that_is_not_recorded_says_so_and_a_second_start_tells_of_the_first()
    {
        var pair = OpenPair();
        Assert.Equal(0, Stop(pair.A).Dropped);
        var first = Start(pair.A, _folder.FullName);
        Assert.Equal(first.Name, Start(pair.A, _folder.FullName).Name);
        Stop(pair.A);
        Assert.Equal(2, _folder.GetFiles().Length);
    }

    [Fact]
    public void Of_both_kinds_one_may_be_wanted()
    {
        var pair = OpenPair();
        var (connection, folder) = (pair.A, _folder.FullName);
        #region trace
        connection.Tell(new StartTrace(folder) { Kinds = TraceKinds.Qlog });
        #endregion
        Assert.EndsWith(".sqlog", Assert.Single(pair.A.Handler.ExpectMsg<TraceStarted>().Files), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_an_error_and_the_connection_goes_on()
    {
        var pair = OpenPair();
        var file = Path.Combine(_folder.FullName, "a-file");
        File.WriteAllText(file, "");

        pair.A.Tell(new StartTrace(Path.Combine(file, "below")));
        var failed = pair.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Equal(FailureCause.AccessDenied, failed.Cause);
        Assert.Contains("choose a folder that can be written", failed.Message, StringComparison.Ordinal);

        pair.A.Tell(new Write(Bytes(100_000, 1)));
        Assert.Equal(Bytes(100_000, 1), pair.B.ExpectBytes(100_000));
    }

    [Fact]
    public void A_folder_without_a_name_and_no_kind_are_refused()
    {
        var pair = OpenPair();
        pair.A.Tell(new StartTrace(" "));
        Assert.Equal(FailureCause.InvalidOption, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
        pair.A.Tell(new StartTrace(_folder.FullName) { Kinds = 0 });
        Assert.Equal(FailureCause.InvalidOption, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _folder.Delete(recursive: true);
    }

    private static TraceStarted Start(End side, string folder)
    {
        side.Tell(new StartTrace(folder));
        return side.Handler.ExpectMsg<TraceStarted>();
    }

    private static TraceStopped Stop(End side)
    {
        side.Tell(StopTrace.Instance);
        return side.Handler.ExpectMsg<TraceStopped>();
    }

    private static ConnectionStats Statistics(End side)
    {
        side.Tell(GetStatistics.Instance);
        return side.Handler.ExpectMsg<ConnectionStatistics>().Connection;
    }

    private static List<(double Time, string Name, JsonElement Data)> Events(string file)
    {
        var records = File.ReadAllText(file).Split('\u001e', StringSplitOptions.RemoveEmptyEntries).Select(static text => JsonDocument.Parse(text).RootElement).ToList();
        Assert.Equal("urn:ietf:params:qlog:file:sequential", records[0].GetProperty("file_schema").GetString());
        return [.. records.Skip(1).Select(static e => (e.GetProperty("time").GetDouble(), e.GetProperty("name").GetString()!, e.GetProperty("data")))];
    }
}
