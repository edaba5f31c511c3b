namespace Utp.Simulation;

/// <summary>What a filter wants done with a datagram.</summary>
public enum LinkVerdict
{
    /// <summary>Goes on; chance may still act.</summary>
    Pass,

    /// <summary>Is lost.</summary>
    Drop,

    /// <summary>Goes on, and a copy of it too.</summary>
    Duplicate,
}

/// <summary>
/// Decides over single datagrams by hand, before chance does: "lose the first ST_SYN". Called once per datagram (copies
/// included), in the order in which they enter the link.
/// </summary>
/// <param name="datagram">What is sent.</param>
/// <param name="payload">Its UDP payload; borrowed until the call returns.</param>
public delegate LinkVerdict LinkFilter(in DatagramInfo datagram, ReadOnlySpan<byte> payload);
