namespace Utp.Sockets.Linux;

/// <summary>Makes system calls fail as a kernel does that a test cannot otherwise be made to meet. Null in production.</summary>
internal interface ISystemCallFaults
{
    /// <summary>Before a send: the error number to fail with; 0: the kernel is asked.</summary>
    /// <param name="bytes">Of the whole call.</param>
    /// <param name="datagrams">Of the whole call.</param>
    /// <param name="segmented">Whether the kernel is to cut them out of one run.</param>
    int OnSend(int bytes, int datagrams, bool segmented);

    /// <summary>Before a read of several datagrams: the error number to fail with; 0: the kernel is asked.</summary>
    int OnReceive();
}
