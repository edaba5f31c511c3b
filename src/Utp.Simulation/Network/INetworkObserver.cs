namespace Utp.Simulation;

/// <summary>What happened to a datagram.</summary>
public enum DatagramFate
{
    /// <summary>A host sent it.</summary>
    Sent,

    /// <summary>A host received it.</summary>
    Delivered,

    /// <summary>It is lost.</summary>
    Dropped,
}

/// <summary>Why a datagram was lost.</summary>
public enum DropCause
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>A <see cref="LinkFilter"/> said so.</summary>
    Filter,

    /// <summary>The link was down.</summary>
    Outage,

    /// <summary>By chance.</summary>
    Loss,

    /// <summary>Larger than the link's MTU.</summary>
    TooLarge,

    /// <summary>The queue was full, or CoDel chose it.</summary>
    Queue,

    /// <summary>It exceeded the policer's rate.</summary>
    Policer,

    /// <summary>It was damaged, and the UDP checksum found it.</summary>
    Checksum,

    /// <summary>Nobody has that address.</summary>
    NoHost,
}

/// <summary>Sees every datagram of a network, for logs and figures.</summary>
public interface INetworkObserver
{
    /// <summary>Something happened to a datagram, now.</summary>
    /// <param name="fate">What.</param>
    /// <param name="cause">Why, when it was dropped.</param>
    /// <param name="datagram">Which.</param>
    /// <param name="payload">Its bytes; borrowed until the call returns.</param>
    void OnDatagram(DatagramFate fate, DropCause cause, in DatagramInfo datagram, ReadOnlySpan<byte> payload);
}
