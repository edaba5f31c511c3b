using Akka.TestKit.Xunit2;
using Utp.Protocol;

namespace Utp.Actors.Tests.Timing;

public sealed class MovingDeadlineTests : TestKit
{
    private readonly ConnectionHandle _handle;

    public MovingDeadlineTests() => _handle = new ConnectionHandle(default, null!) { Actor = TestActor };

    [Fact]
    public void The_first_deadline_and_an_earlier_one_must_be_armed()
    {
        Assert.True(_handle.MoveDeadline(new Instant(1_000)));
        Assert.True(_handle.MoveDeadline(new Instant(500)));
    }

    [Fact]
    public void A_deadline_that_moves_on_wakes_nobody_before_its_time()
    {
        _handle.MoveDeadline(new Instant(1_000));
        Assert.False(_handle.MoveDeadline(new Instant(5_000)));
        Assert.Equal(new Instant(5_000), _handle.OnExpired(new Instant(1_000)));
        Assert.Equal(Instant.Never, _handle.OnExpired(new Instant(5_000)));
        ExpectMsg<DeadlineExpired>();
    }

    [Fact]
    public void Once_it_has_moved_on_an_earlier_one_must_be_armed_again()
    {
        _handle.MoveDeadline(new Instant(1_000));
        _handle.MoveDeadline(new Instant(5_000));
        _handle.OnExpired(new Instant(1_000));
        Assert.True(_handle.MoveDeadline(new Instant(2_000)));
    }

    [Fact]
    public void After_it_was_told_the_next_one_must_be_armed()
    {
        _handle.MoveDeadline(new Instant(1_000));
        Assert.Equal(Instant.Never, _handle.OnExpired(new Instant(1_000)));
        Assert.True(_handle.MoveDeadline(new Instant(9_000)));
    }

    [Fact]
    public void One_that_is_not_wanted_any_more_is_forgotten_when_it_expires()
    {
        _handle.MoveDeadline(new Instant(1_000));
        _handle.MoveDeadline(Instant.Never);
        Assert.Equal(Instant.Never, _handle.OnExpired(new Instant(1_000)));
        ExpectNoMsg(0);
        Assert.True(_handle.MoveDeadline(new Instant(2_000)));
    }
}
