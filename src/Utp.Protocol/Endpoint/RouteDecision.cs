namespace Utp.Protocol;

/// <summary>What to do with a datagram.</summary>
public enum RouteDecision
{
    /// <summary>Give it to the connection.</summary>
    Deliver,

    /// <summary>A new ST_SYN: accept it, or refuse it with <see cref="DatagramRouter{TPath, TConnection}.TryWriteReset"/>.</summary>
    Accept,

    /// <summary>It proves that its sender got the stateless answer to its ST_SYN: accept it by <see cref="DatagramRouter{TPath, TConnection}.TryAddProved"/>.</summary>
    AcceptProved,

    /// <summary>Of no connection: answer with ST_RESET if <see cref="DatagramRouter{TPath, TConnection}.TryWriteReset"/> agrees.</summary>
    Reset,

    /// <summary>Not uTP: offer it to the out-of-band handler, if there is one.</summary>
    NotUtp,

    /// <summary>Nothing is done with it; counted.</summary>
    Drop,
}
