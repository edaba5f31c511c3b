namespace Utp.Protocol.Tests;

/// <summary>What code allocates.</summary>
internal static class Allocations
{
    private const int Tries = 4;

    /// <summary>
    /// The least that some work allocates, bytes, of four times at most. The runtime itself may allocate on the thread while it replaces code; what the work costs shows each time.
    /// </summary>
    public static long Least(Action work)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Tries && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
