using System.Diagnostics;

namespace Utp.Sockets.Tests;

public sealed class PreciseWaitTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PreciseWait _wait = PreciseWait.Create();

    public void Dispose() => _wait.Dispose();

    [Fact]
    public void It_waits_at_least_as_long_as_it_is_told()
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < 20; i++)
            _wait.Wait(300);
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMicroseconds(20 * 300));
    }

    [Fact]
    public void A_wake_before_the_wait_ends_it_at_once_and_only_once()
    {
        _wait.Wake();
        _wait.Wake();
        _wait.Wait(-1);

        var start = Stopwatch.GetTimestamp();
        _wait.Wait(2_000);
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMicroseconds(2_000));
    }

    [Fact]
    public void A_wait_without_end_is_woken_from_another_thread()
    {
        using var began = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            began.Set();
            _wait.Wait(-1);
        });
        thread.Start();
        Assert.True(began.Wait(Patience));
        Assert.True(thread.IsAlive);
        _wait.Wake();
        Assert.True(thread.Join(Patience));
    }
}
