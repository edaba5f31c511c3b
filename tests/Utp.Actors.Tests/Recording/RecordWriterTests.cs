using System.Text.Json;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors.Tests.Recording;

/// <summary>What a record does at its limits, fed directly.</summary>
public sealed class RecordWriterTests : IDisposable
{
    private static readonly UdpEndPoint Here = UdpEndPoint.From(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1_000));
    private static readonly UdpEndPoint There = UdpEndPoint.From(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 2_000));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("utp-writer-");
    private readonly List<string> _warnings = [];
    private readonly List<RecordWriter> _writers = [];

    [Fact]
    public void A_full_file_is_followed_by_another_that_can_be_read_by_itself_and_the_oldest_go()
    {
        var writer = Writer(fileBytes: 64 << 10, totalBytes: 300 << 10);
        var record = Begin(writer, _folder.FullName, TraceKinds.All);
        for (var i = 0; i < 10_000; i++)
            Feed(record, i);
        Assert.Equal(0, End(record));

        var files = _folder.GetFiles();
        Assert.InRange(files.Sum(static file => file.Length), 100 << 10, 364 << 10);
        Assert.All(files, static file => Assert.InRange(file.Length, 1, 100 << 10));
        Assert.DoesNotContain(files, static file => file.Name.EndsWith(".0" + file.Extension, StringComparison.Ordinal));
        Assert.All(files.Where(static file => file.Extension == ".pcapng"), static file => Assert.NotEmpty(PcapngReader.Read(file.FullName)));
        Assert.All(files.Where(static file => file.Extension == ".sqlog"), static file =>
        {
            var records = File.ReadAllText(file.FullName).Split('\u001e', StringSplitOptions.RemoveEmptyEntries);
            Assert.Contains("file_schema", records[0], StringComparison.Ordinal);
            Assert.All(records, static text => JsonDocument.Parse(text).Dispose());
        });
    }

    [Fact]
    public void What_has_no_memory_is_dropped_and_counted_in_both_files_and_nobody_waits()
    {
        var writer = Writer(memoryBytes: 1 << 20);

        // The writer's thread is held, as by a disk that takes nothing.
        using var disk = new ManualResetEventSlim();
        writer.Begin(_folder.FullName, [], _ => disk.Wait());
        var record = Begin(writer, _folder.FullName, TraceKinds.All, wait: false);
        for (var i = 0; i < 20_000; i++)
            Feed(record, i);
        Assert.True(record.Dropped > 0);
        Assert.True(writer.Memory.UsedBytes <= 1 << 20);

        disk.Set();
        using var free = new ManualResetEventSlim();
        writer.Begin(_folder.FullName, [], _ => free.Set());
        Assert.True(free.Wait(Patience));
        Feed(record, 0);
        var dropped = End(record);

        Assert.Equal(0, writer.Memory.UsedBytes);
        var qlog = File.ReadAllText(_folder.GetFiles("*.sqlog").Single().FullName);
        Assert.Contains("utp:events_dropped", qlog, StringComparison.Ordinal);
        var written = qlog.Split('\u001e').Count(static text => text.Contains("packet_sent", StringComparison.Ordinal)) + PcapngReader.Read(_folder.GetFiles("*.pcapng").Single().FullName).Count;
        Assert.Equal(2 * 20_001, written + dropped);
    }

    [Fact]
    public void A_disk_that_refuses_ends_the_record_with_a_warning_that_says_what_to_do()
    {
        var writer = Writer(fileBytes: 64 << 10);
        var record = Begin(writer, _folder.FullName, TraceKinds.Pcapng);
        _folder.Delete(recursive: true);
        File.WriteAllText(_folder.FullName, "no folder any more");

        // Its file is still open; the next one cannot be made.
        for (var i = 0; i < 20_000; i++)
            Feed(record, i);
        End(record);

        File.Delete(_folder.FullName);
        _folder.Create();
        Assert.Contains("choose another folder for utp.trace", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_event_of_the_core_is_a_record_of_valid_json()
    {
        var now = new Instant(1_234_567);
        var seqNr = new SeqNr(ushort.MaxValue);
        TraceEvent[] events =
        [
            TraceEvent.Of(new SentTrace(now, PacketType.Data, seqNr, seqNr, 65_507, 65_487, int.MaxValue, uint.MaxValue)),
            TraceEvent.Of(new ReceivedTrace(now, PacketType.State, seqNr, seqNr, 65_487, uint.MaxValue, ReceiveVerdict.Accepted)),
            TraceEvent.Of(new AckedTrace(now, seqNr, 65_487, Selective: true)),
            TraceEvent.Of(new LostTrace(now, seqNr, 65_487, LossCause.Rack)),
            TraceEvent.Of(new WindowTrace(now, long.MaxValue, long.MaxValue, long.MaxValue, 5)),
            TraceEvent.Of(new RttTrace(now, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue)),
            TraceEvent.Of(new TimerTrace(now, TimerKind.Retransmission)),
            TraceEvent.Of(new StateTrace(now, ConnectionState.SynSent, ConnectionState.Connected)),
        ];
        Assert.Equal(Enum.GetValues<TraceEventKind>(), events.Select(static happened => happened.Kind));
        Assert.All(events, static happened =>
        {
            var text = new byte[QlogText.LargestBytes];
            var length = QlogText.Write(text, happened, 1_000_000);
            Assert.Equal((0x1E, (byte)'\n'), (text[0], text[length - 1]));
            var record = JsonDocument.Parse(text.AsMemory(1, length - 1)).RootElement;
            Assert.Equal(234.567, record.GetProperty("time").GetDouble());
            Assert.StartsWith("utp:", record.GetProperty("name").GetString(), StringComparison.Ordinal);
        });
    }

    public void Dispose()
    {
        _writers.ForEach(static writer => writer.Stop());
        _folder.Delete(recursive: true);
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private RecordWriter Writer(long fileBytes = 1 << 30, long totalBytes = 1 << 30, long memoryBytes = 32 << 20)
    {
        var writer = new RecordWriter(new TraceSettings(null, TraceKinds.All, fileBytes, totalBytes, 128, memoryBytes), _warnings.Add);
        _writers.Add(writer);
        return writer;
    }

    private static ConnectionRecord Begin(RecordWriter writer, string folder, TraceKinds kinds, bool wait = true)
    {
        var record = new ConnectionRecord(writer, folder, kinds, Here, There, new ConnectionId(0xABCD), isInitiator: true);
        var begun = new TaskCompletionSource();
        writer.Begin(folder, record.Files, _ => begun.SetResult());
        if (wait)
            Assert.True(begun.Task.Wait(Patience));
        return record;
    }

    private static void Feed(ConnectionRecord record, int i)
    {
        if (record.HasEvents)
            record.OnSent(new SentTrace(new Instant(i), PacketType.Data, new SeqNr((ushort)i), new SeqNr(1), 1_372, 1_352, 1, 100_000));
        record.OnBurst(new byte[100], 100, new Instant(i));
    }

    private static long End(ConnectionRecord record)
    {
        using var ended = new ManualResetEventSlim();
        record.End(ended.Set);
        Assert.True(ended.Wait(Patience));
        return record.Dropped;
    }
}
