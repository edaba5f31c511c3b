using Utp.Sockets.Linux;

namespace Utp.Sockets;

/// <summary>Threads whose work may wait for everybody else's.</summary>
public static class BackgroundThread
{
    // setpriority(2): of the calling thread alone, as Linux counts. 5 is a third of the weight of an ordinary thread.
    private const int PrioProcess = 0;
    private const int Nice = 5;

    /// <summary>
    /// From now on the calling thread takes about a third of the processor time of an ordinary one where both want it, and all of it where nobody else does. It needs no privilege, and cannot be
    /// undone without one. Without effect where the system does not know of it.
    /// </summary>
    public static void Enter()
    {
        if (OperatingSystem.IsLinux())
            _ = LibC.SetPriority(PrioProcess, 0, Nice);
    }
}
