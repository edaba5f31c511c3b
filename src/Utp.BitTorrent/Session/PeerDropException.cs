namespace Utp.BitTorrent;

/// <summary>Ends one peer's connection, and nothing else; the message says why.</summary>
internal sealed class PeerDropException(string reason) : Exception(reason);
