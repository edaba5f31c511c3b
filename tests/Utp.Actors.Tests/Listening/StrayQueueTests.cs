using Utp.Protocol;
using Xunit.Abstractions;

namespace Utp.Actors.Tests.Listening;

public sealed class StrayQueueTests(ITestOutputHelper output) : UtpSpec(output)
{
    [Fact]
    public void The_listener_is_told_once_however_many_wait()
    {
        var strays = new StrayQueue(10_000);
        strays.TellIfAny(TestActor);
        strays.Add(Of(1));
        strays.TellIfAny(TestActor);
        strays.Add(Of(2));
        strays.TellIfAny(TestActor);
        ExpectMsg<StraysWaiting>();
        ExpectNoMsg(TimeSpan.FromMilliseconds(50));

        strays.OnHeard();
        Assert.True(strays.TryTake(out var first));
        Assert.Equal(1, first.Bytes[0]);
        strays.TellIfAny(TestActor);
        ExpectMsg<StraysWaiting>();
    }

    [Fact]
    public void Beyond_its_limit_datagrams_are_dropped_and_taken_again_when_there_is_room()
    {
        var strays = new StrayQueue(3_000);
        for (byte i = 0; i < 10; i++)
            strays.Add(Of(i));
        var taken = 0;
        while (strays.TryTake(out var stray))
            Assert.Equal(taken++, stray.Bytes[0]);
        Assert.Equal(2, taken);

        strays.Add(Of(11));
        Assert.True(strays.TryTake(out var later));
        Assert.Equal(11, later.Bytes[0]);
    }

    private static Stray Of(byte value)
    {
        var bytes = new byte[1_000];
        bytes[0] = value;
        return new Stray(default, default, bytes, default(Instant));
    }
}
