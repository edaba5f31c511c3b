namespace Utp.Protocol;

/// <summary>What a router has counted.</summary>
/// <param name="Delivered">Datagrams given to a connection.</param>
/// <param name="Malformed">Datagrams of uTP's version and a known type whose extension chain is broken.</param>
/// <param name="NotUtp">Datagrams that are not uTP.</param>
/// <param name="UnknownConnection">Packets of no known connection.</param>
/// <param name="ResetsSent">ST_RESETs written.</param>
/// <param name="ResetsSuppressed">ST_RESETs that a rate limit forbade.</param>
/// <param name="SynRefused">ST_SYNs refused by a limit or because their id is taken.</param>
/// <param name="SynStateless">ST_SYNs answered without remembering them, because too many connections were half open.</param>
public readonly record struct EndpointStats(
    long Delivered, long Malformed, long NotUtp, long UnknownConnection, long ResetsSent, long ResetsSuppressed, long SynRefused, long SynStateless);
