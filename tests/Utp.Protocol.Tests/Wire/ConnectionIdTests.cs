using Xunit;

namespace Utp.Protocol.Tests.Wire;

public sealed class ConnectionIdTests
{
    [Fact]
    public void The_neighbours_wrap()
    {
        Assert.Equal(new ConnectionId(0), new ConnectionId(65_535).Next);
        Assert.Equal(new ConnectionId(65_535), new ConnectionId(0).Previous);
    }

    [Fact]
    public void Only_the_id_that_libutp_cannot_wrap_is_unusable()
    {
        Assert.False(new ConnectionId(65_535).IsUsableByInitiator);
        Assert.All(Enumerable.Range(0, 65_535), static id => Assert.True(new ConnectionId((ushort)id).IsUsableByInitiator));
    }

    [Fact]
    public void It_reads_as_its_number() => Assert.Equal("4711", new ConnectionId(4_711).ToString());
}
