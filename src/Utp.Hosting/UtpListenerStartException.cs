using System.Net;
using Utp.Messages;

namespace Utp.Hosting;

/// <summary>A hosted listener could not be bound, so the host does not start. The message says why and what to do.</summary>
public sealed class UtpListenerStartException : Exception
{
    internal UtpListenerStartException(string name, IPEndPoint localAddress, CommandFailed failed)
        : base($"The uTP listener {name} cannot be bound to {localAddress}: {failed.Message}", failed.Exception)
    {
        LocalAddress = localAddress;
        FailureCause = failed.Cause;
    }

    /// <summary>The address that was asked for.</summary>
    public IPEndPoint LocalAddress { get; }

    /// <summary>What stood in the way.</summary>
    public FailureCause FailureCause { get; }
}
