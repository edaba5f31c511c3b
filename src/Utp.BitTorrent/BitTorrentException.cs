namespace Utp.BitTorrent;

/// <summary>A torrent that cannot be read, or a transfer that cannot go on. The message says what happened and what to do.</summary>
public sealed class BitTorrentException : IOException
{
    internal BitTorrentException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
