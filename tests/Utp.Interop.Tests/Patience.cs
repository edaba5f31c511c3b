namespace Utp.Interop.Tests;

/// <summary>How long tests wait for what must come. A bound that is reached fails the test; none is ever waited out otherwise.</summary>
internal static class Patience
{
    /// <summary>For a transfer on a busy machine, and for anything in it.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(90);
}
