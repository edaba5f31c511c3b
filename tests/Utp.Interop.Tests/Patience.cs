namespace Utp.Interop.Tests;

/// <summary>How long tests wait for what must come. A bound that is reached fails the test; none is ever waited out otherwise.</summary>
internal static class Patience
{
    /// <summary>For a transfer on a busy machine, and for anything in it.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    /// <summary>Waits for what must come.</summary>
    /// <param name="task">What must come.</param>
    /// <param name="otherwise">What to say when it does not.</param>
    public static async Task<T> WaitAsync<T>(Task<T> task, string otherwise)
    {
        await WaitAsync((Task)task, otherwise);
        return await task;
    }

    /// <inheritdoc cref="WaitAsync{T}"/>
    public static async Task WaitAsync(Task task, string otherwise)
    {
        try
        {
            await task.WaitAsync(Long);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"{otherwise} within {Long.TotalSeconds} s.");
        }
    }
}
