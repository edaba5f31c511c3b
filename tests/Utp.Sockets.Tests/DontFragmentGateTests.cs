namespace Utp.Sockets.Tests;

public class DontFragmentGateTests
{
    [Fact]
    public async Task Nobody_is_inside_while_one_is_alone_inside()
    {
        var gate = new DontFragmentGate();
        var cleared = 0;
        var violations = 0;
        var tasks = Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if ((i + worker) % 50 == 0)
                {
                    gate.EnterExclusive();
                    if (Interlocked.Increment(ref cleared) != 1)
                        Interlocked.Increment(ref violations);
                    Interlocked.Decrement(ref cleared);
                    gate.ExitExclusive();
                }
                else
                {
                    gate.Enter();
                    if (Volatile.Read(ref cleared) != 0)
                        Interlocked.Increment(ref violations);
                    gate.Exit();
                }
            }
        })).ToArray();
        await Task.WhenAll(tasks).WaitAsync(ChannelProbe.Patience);
        Assert.Equal(0, violations);
    }
}
