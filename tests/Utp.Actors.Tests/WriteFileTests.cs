using Utp.Messages;
using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests;

/// <summary>A part of a file as one write.</summary>
public sealed class WriteFileTests : UtpSpec
{
    private const int Megabyte = 1 << 20;

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"utp-write-file-{Guid.NewGuid():N}");

    public WriteFileTests(ITestOutputHelper output)
        : base(output)
    {
    }

    [Fact]
    public void A_file_larger_than_the_send_buffer_arrives_and_is_acknowledged_once()
    {
        File.WriteAllBytes(_path, Bytes(5 * Megabyte));
        var pair = OpenPair();
        pair.A.Tell(new WriteFile(_path, 0, 5 * Megabyte) { Ack = "delivered", AckWhen = AckWhen.Delivered });
        Assert.Equal(Bytes(5 * Megabyte), pair.B.ExpectBytes(5 * Megabyte));
        pair.A.Handler.ExpectMsg("delivered");
        pair.A.Tell(new Write("behind"u8.ToArray()));
        Assert.Equal("behind"u8.ToArray(), pair.B.ExpectBytes(6));
    }

    [Fact]
    public void A_part_of_a_file_is_sent_and_a_close_waits_for_its_last_byte()
    {
        File.WriteAllBytes(_path, Bytes(3 * Megabyte));
        var pair = OpenPair();
        pair.A.Tell(new WriteFile(_path, 1_000, (2 * Megabyte) + 7));
        pair.A.Tell(Close.Instance);
        Assert.Equal(Bytes(3 * Megabyte)[1_000..((2 * Megabyte) + 1_007)], pair.B.ExpectBytes((2 * Megabyte) + 7));
        pair.B.Handler.ExpectMsg<PeerClosed>();
        pair.A.Handler.ExpectMsg<Closed>();
    }

    [Fact]
    public void Another_write_waits_for_a_file_as_for_a_full_buffer()
    {
        File.WriteAllBytes(_path, Bytes(3 * Megabyte));
        var pair = OpenPair();
        pair.A.Tell(new WriteFile(_path, 0, 3 * Megabyte));
        pair.A.Tell(new Write("behind"u8.ToArray()));
        Assert.Equal(FailureCause.BufferFull, pair.A.Handler.ExpectMsg<CommandFailed>().Cause);
        pair.A.Tell(ResumeWriting.Instance);
        Assert.Equal(Bytes(3 * Megabyte), pair.B.ExpectBytes(3 * Megabyte));
        pair.A.Handler.ExpectMsg<WritingResumed>();
        pair.A.Tell(new Write("behind"u8.ToArray()));
        Assert.Equal("behind"u8.ToArray(), pair.B.ExpectBytes(6));
    }

    [Fact]
    public void A_file_that_is_missing_or_too_short_fails_by_its_name()
    {
        var pair = OpenPair();
        var missing = new WriteFile(_path, 0, 1);
        pair.A.Tell(missing);
        var failed = pair.A.Handler.ExpectMsg<CommandFailed>();
        Assert.Equal((missing, FailureCause.FileNotReadable), (failed.Command, failed.Cause));
        Assert.Contains(_path, failed.Message, StringComparison.Ordinal);

        File.WriteAllBytes(_path, Bytes(100));
        pair.A.Tell(new WriteFile(_path, 40, 100));
        Assert.Contains("ends 40 bytes before the 100 from 40 on", pair.A.Handler.ExpectMsg<CommandFailed>().Message, StringComparison.Ordinal);
        Assert.Equal(Bytes(100)[40..], pair.B.ExpectBytes(60));
        pair.A.Tell(new WriteFile(_path, -1, 5));
        Assert.Contains("Position is -1", pair.A.Handler.ExpectMsg<CommandFailed>().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_that_ends_fails_the_file_once()
    {
        File.WriteAllBytes(_path, Bytes(20 * Megabyte));
        var pair = OpenPair(registerB: static register => register with { });
        pair.B.Tell(SuspendReading.Instance);
        var command = new WriteFile(_path, 0, 20 * Megabyte) { Ack = "delivered", AckWhen = AckWhen.Delivered };
        pair.A.Tell(command);
        pair.A.Tell(new Abort());
        Assert.Equal(command, pair.A.Handler.ExpectMsg<CommandFailed>().Command);
        pair.A.Handler.ExpectMsg<Aborted>();
    }

    [Fact]
    public void Where_messages_are_sent_a_file_is_refused()
    {
        File.WriteAllBytes(_path, Bytes(10));
        var objects = new UtpOptions { Delivery = DeliveryMode.Frames };
        var pair = OpenPair(bind => bind with { Options = objects }, connect => connect with { Options = objects });
        pair.A.Tell(new WriteFile(_path, 0, 10));
        Assert.Contains("utp.delivery = bytes", pair.A.Handler.ExpectMsg<CommandFailed>().Message, StringComparison.Ordinal);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        File.Delete(_path);
    }
}
