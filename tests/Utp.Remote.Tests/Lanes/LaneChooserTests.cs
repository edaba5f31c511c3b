using System.Text;
using Google.Protobuf;
using Utp.Remote.Tests.Contract;

namespace Utp.Remote.Tests.Lanes;

/// <summary>Which lane a PDU takes, read from its fields.</summary>
public sealed class LaneChooserTests
{
    private const string Node = "akka.utp://system@host:1234";
    private static readonly LaneLayout Layout = new(1, HasControl: true, HasLarge: true);
    private static readonly LargeDestinations Large = new(["/user/reports", "/user/files/*", "/user/blobs/**"]);

    [Theory]
    [InlineData("/system/cluster/heartbeatReceiver")]
    [InlineData("/system/cluster/core/daemon/heartbeatSender#123456")]
    [InlineData("/system/cluster/core/daemon/crossDcHeartbeatSender")]
    [InlineData("/system/remote-watcher#77")]
    public void Heartbeats_to_refs_are_control(string path) => Assert.Equal(Layout.Control, Choose(Pdus.Message(Node + path, [1])).Lane);

    [Theory]
    [InlineData("system", "cluster", "heartbeatReceiver")]
    [InlineData("system", "remote-watcher")]
    public void Heartbeats_to_selections_are_control(params string[] names) =>
        Assert.Equal(Layout.Control, Choose(Pdus.Message(Node + "/", Pdus.Selection([1], names), serializer: 6)).Lane);

    [Fact]
    public void Akkas_own_heartbeat_is_control_and_its_handshake_is_not()
    {
        Assert.Equal(new LaneChoice(Layout.Control), Choose(Pdus.Instruction(3)));
        Assert.Equal(new LaneChoice(0), Choose(Pdus.Instruction(1)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public void Disassociate_waits_for_all_lanes(int instruction) => Assert.Equal(new LaneChoice(0, 0b110), Choose(Pdus.Instruction(instruction)));

    [Theory]
    [InlineData("/user/a")]
    [InlineData("/system/cluster/core/daemon")]
    [InlineData("/system/sharding/region")]
    [InlineData("/system/cluster/heartbeatReceiver/child")]
    [InlineData("/user/heartbeatReceiver")]
    [InlineData("/remote/akka.utp/x@y:1/user/a")]
    public void All_else_is_ordinary(string path) => Assert.Equal(new LaneChoice(0), Choose(Pdus.Message(Node + path, [1])));

    [Fact]
    public void A_numbered_message_is_never_control()
    {
        Assert.Equal(0, Choose(Pdus.Message(Node + "/system/remote-watcher", [1], seq: 5)).Lane);
        Assert.Equal(0, Choose(Pdus.Message(Node + "/system/remote-watcher", [1], seq: 0)).Lane);
        Assert.Equal(new LaneChoice(0), Choose(Pdus.PureAck(3)));
    }

    [Theory]
    [InlineData("/user/reports#3", true)]
    [InlineData("/user/reports/x", false)]
    [InlineData("/user/report", false)]
    [InlineData("/user/files/x", true)]
    [InlineData("/user/files", false)]
    [InlineData("/user/files/x/y", false)]
    [InlineData("/user/blobs/x/y/z#1", true)]
    [InlineData("/user/blobs", false)]
    public void Large_messages_are_those_to_recipients_that_were_named(string path, bool isLarge) =>
        Assert.Equal(isLarge ? Layout.Large : 0, Choose(Pdus.Message(Node + path, [1])).Lane);

    [Fact]
    public void A_selection_is_large_when_the_path_that_it_names_is()
    {
        Assert.Equal(Layout.Large, Choose(Pdus.Message(Node + "/", Pdus.Selection([1], "user", "files", "x"), serializer: 6)).Lane);
        Assert.Equal(0, Choose(Pdus.Message(Node + "/", Pdus.Selection([1], "user", "files"), serializer: 6)).Lane);
    }

    [Fact]
    public void An_actors_death_waits_for_the_large_lane_and_other_system_messages_do_not()
    {
        var death = Pdus.Message(Node + "/user/a", [1], seq: 8, serializer: 22, manifest: "Akka.Dispatch.SysMsg.DeathWatchNotification, Akka");
        var watch = Pdus.Message(Node + "/user/a", [1], seq: 9, serializer: 22, manifest: "Akka.Dispatch.SysMsg.Watch, Akka");

        Assert.Equal(Layout.LargeMask, Choose(death).Waits);
        Assert.Equal(0, Choose(watch).Waits);
        Assert.True(Choose(watch).HoldsBack);
    }

    [Fact]
    public void With_several_ordinary_lanes_a_recipient_has_one_whatever_its_incarnation()
    {
        var layout = new LaneLayout(4, HasControl: false, HasLarge: false);
        var lanes = new HashSet<int>();
        for (var i = 0; i < 100; i++)
        {
            var lane = Choose(Pdus.Message($"{Node}/user/actor-{i}", [1]), layout).Lane;
            Assert.Equal(lane, Choose(Pdus.Message($"{Node}/user/actor-{i}#4711", [1]), layout).Lane);
            lanes.Add(lane);
        }

        Assert.Equal([0, 1, 2, 3], lanes.Order());
    }

    [Fact]
    public void With_several_ordinary_lanes_system_messages_and_deployment_wait_for_all_and_hold_all_back()
    {
        var layout = new LaneLayout(3, HasControl: true, HasLarge: false);

        Assert.Equal(new LaneChoice(0, 0b110, HoldsBack: true), Choose(Pdus.Message(Node + "/user/a", [1], seq: 7), layout));
        Assert.Equal(new LaneChoice(0, 0b110, HoldsBack: true), Choose(Pdus.Message(Node + "/remote", [1]), layout));
    }

    [Fact]
    public void An_acknowledgement_is_taken_off_and_both_parts_are_whole()
    {
        var pdu = Pdus.Message(Node + "/system/remote-watcher", new byte[300], ack: 12);
        Assert.True(PduView.TryParse(pdu.Span, out var view));

        var (ack, message) = AckSplitter.Split(view);

        Assert.Equal(Pdus.PureAck(12), ack);
        Assert.Equal(Pdus.Message(Node + "/system/remote-watcher", new byte[300]), message);
    }

    [Theory]
    [InlineData(1, true, false)]
    [InlineData(6, true, true)]
    [InlineData(1, false, false)]
    [InlineData(2, false, true)]
    public void A_layout_is_a_byte_of_the_hello(int ordinary, bool control, bool large)
    {
        var layout = new LaneLayout(ordinary, control, large);

        Assert.True(LaneLayout.TryRead(layout.ToByte(), out var read));
        Assert.Equal(layout, read);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(0x41)]
    [InlineData(0xFF)]
    public void A_layout_that_is_not_known_is_none(byte value) => Assert.False(LaneLayout.TryRead(value, out _));

    [Fact]
    public void A_peer_without_lanes_gets_one() =>
        Assert.Equal(LaneLayout.Single, LaneLayout.Single.Grant(new LaneLayout(4, HasControl: true, HasLarge: false)));

    [Fact]
    public void A_fence_counts_beyond_the_wrap()
    {
        var fence = new Fence(0b10, [0, 2]);

        Assert.False(fence.IsPassed([5, uint.MaxValue]));
        Assert.False(fence.IsPassed([5, 1]));
        Assert.True(fence.IsPassed([0, 2]));
        Assert.True(fence.IsPassed([0, 3]));
    }

    private static LaneChoice Choose(ByteString pdu, LaneLayout? layout = null)
    {
        Assert.True(PduView.TryParse(pdu.Span, out var view), Encoding.UTF8.GetString(pdu.Span));
        return LaneChooser.Choose(view, layout ?? Layout, Large);
    }
}
