using System.Buffers;
using Xunit;

namespace Utp.Messages.Tests;

public sealed class ReceivedTests
{
    [Fact]
    public void Released_memory_goes_back_to_its_pool_once()
    {
        var pool = new CountingPool();
        var array = new byte[16];
        var received = new Received(array.AsMemory(0, 5)) { Pool = pool };
        received.Release();
        received.Release();
        Assert.Same(array, Assert.Single(pool.Returned));
    }

    [Fact]
    public void Memory_that_came_from_no_pool_is_left_to_the_collector()
    {
        new Received(new byte[3]).Release();
        new Received(default).Release();
    }

    [Fact]
    public void Empty_data_returns_nothing()
    {
        var pool = new CountingPool();
        new Received(default) { Pool = pool }.Release();
        Assert.Empty(pool.Returned);
    }

    private sealed class CountingPool : ArrayPool<byte>
    {
        public List<byte[]> Returned { get; } = [];

        public override byte[] Rent(int minimumLength) => new byte[minimumLength];

        public override void Return(byte[] array, bool clearArray = false) => Returned.Add(array);
    }
}
