namespace Utp.Actors.Tests;

public sealed class DeliveryPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16 << 10)]
    [InlineData((16 << 10) + 1)]
    [InlineData(64 << 10)]
    [InlineData((64 << 10) + 1)]
    [InlineData(1 << 20)]
    public void An_array_is_as_long_as_was_asked_at_least(int length)
    {
        var pool = new DeliveryPool();
        var array = pool.Rent(length);
        Assert.True(array.Length >= length);
        pool.Return(array);
    }

    [Fact]
    public void A_large_array_that_was_returned_is_used_again()
    {
        var pool = new DeliveryPool();
        var array = pool.Rent(60_000);
        pool.Return(array);
        Assert.Equal(1, pool.Kept);
        Assert.Same(array, pool.Rent(40_000));
        Assert.Equal(0, pool.Kept);
    }

    [Fact]
    public void What_is_kept_has_a_limit()
    {
        var pool = new DeliveryPool();
        var rented = Enumerable.Range(0, 600).Select(_ => pool.Rent(64 << 10)).ToList();
        foreach (var array in rented)
            pool.Return(array);
        Assert.Equal(512, pool.Kept);
    }
}
