using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace Utp.BitTorrent;

/// <summary>A magnet link (BEP 9): the name of a torrent, without what is in it.</summary>
public sealed record MagnetLink
{
    private const string Scheme = "magnet:";
    private const int MaxCharacters = 64 << 10;

    /// <summary>The torrent's name on the wire.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>What to call it until its metadata has come (<c>dn</c>); null: nothing is said.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Trackers (<c>tr</c>).</summary>
    public IReadOnlyList<string> Trackers { get; init; } = [];

    /// <summary>Peers to begin with (<c>x.pe</c>): addresses or host names, each with a port.</summary>
    public IReadOnlyList<EndPoint> Peers { get; init; } = [];

    /// <summary>The link to a torrent.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="peers">Peers that whoever follows the link begins with.</param>
    public static MagnetLink Of(TorrentMetainfo metainfo, params EndPoint[] peers)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return new() { InfoHash = metainfo.InfoHash, DisplayName = metainfo.Name, Trackers = metainfo.Trackers, Peers = peers };
    }

    /// <summary>Reads a link.</summary>
    /// <param name="text">It, as people copy it.</param>
    /// <exception cref="BitTorrentException">It is none; the message says why.</exception>
    public static MagnetLink Parse(string text) => TryParse(text, out var link, out var problem) ? link : throw new BitTorrentException(problem);

    /// <summary>Reads a link.</summary>
    /// <param name="text">It, as people copy it.</param>
    /// <param name="link">What it says.</param>
    /// <param name="problem">What is wrong and what to do; empty: nothing.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out MagnetLink? link, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        link = null;
        if (!text.StartsWith(Scheme + "?", StringComparison.OrdinalIgnoreCase) || text.Length > MaxCharacters)
        {
            problem = "A magnet link begins with magnet:? and has less than 64 kB: copy it whole, in quotation marks where a shell reads it.";
            return false;
        }

        InfoHash? first = null;
        InfoHash? second = null;
        string? name = null;
        var (trackers, peers) = (new List<string>(), new List<EndPoint>());
        foreach (var parameter in text[(Scheme.Length + 1)..].Split('&'))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                continue;
            // Some number their parameters: xt.1, tr.2.
            var key = parameter[..equals].Split('.') is [var head, var number] && number.All(char.IsAsciiDigit) ? head : parameter[..equals];
            var value = Uri.UnescapeDataString(parameter[(equals + 1)..].Replace('+', ' '));
            switch (key)
            {
                case "xt" when value.StartsWith("urn:btih:", StringComparison.OrdinalIgnoreCase):
                    first ??= Hash(value["urn:btih:".Length..]);
                    break;
                case "xt" when value.StartsWith("urn:btmh:1220", StringComparison.OrdinalIgnoreCase):
                    second ??= Hash(value["urn:btmh:1220".Length..], bytes: 32);
                    break;
                case "dn":
                    name ??= value;
                    break;
                case "tr" when trackers.Count < 100:
                    trackers.Add(value);
                    break;
                case "x.pe" when peers.Count < 100 && Peer(value) is { } peer:
                    peers.Add(peer);
                    break;
            }
        }

        if ((first ?? second) is not { } hash)
        {
            problem = "The magnet link names no torrent of BitTorrent (xt=urn:btih: and 40 digits of base 16 or 32 of base 32): copy it whole.";
            return false;
        }

        problem = "";
        link = new MagnetLink { InfoHash = hash, DisplayName = name, Trackers = trackers, Peers = peers };
        return true;
    }

    /// <summary>As a link.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Scheme}?xt=urn:btih:{InfoHash}");
        if (DisplayName is not null)
            text.Append("&dn=").Append(Uri.EscapeDataString(DisplayName));
        foreach (var tracker in Trackers)
            text.Append("&tr=").Append(Uri.EscapeDataString(tracker));
        foreach (var peer in Peers)
            text.Append("&x.pe=").Append(Uri.EscapeDataString(peer is DnsEndPoint name ? $"{name.Host}:{name.Port}" : peer.ToString()!));
        return text.ToString();
    }

    private static InfoHash? Hash(string text, int bytes = InfoHash.Length)
    {
        Span<byte> hash = stackalloc byte[32];
        if (text.Length == 2 * bytes && Convert.FromHexString(text, hash, out _, out _) == System.Buffers.OperationStatus.Done)
            return new InfoHash(hash[..InfoHash.Length]);
        return text.Length == 32 && bytes == InfoHash.Length && TryBase32(text, hash[..InfoHash.Length]) ? new InfoHash(hash[..InfoHash.Length]) : null;
    }

    private static bool TryBase32(string text, Span<byte> bytes)
    {
        var (bits, count, at) = (0, 0, 0);
        foreach (var c in text)
        {
            var digit = char.ToUpperInvariant(c) switch
            {
                >= 'A' and <= 'Z' and var letter => letter - 'A',
                >= '2' and <= '7' and var number => number - '2' + 26,
                _ => -1,
            };
            if (digit < 0)
                return false;
            bits = ((bits << 5) | digit) & 0xFFF;
            count += 5;
            if (count < 8)
                continue;
            count -= 8;
            bytes[at++] = (byte)(bits >> count);
        }

        return true;
    }

    private static EndPoint? Peer(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), System.Globalization.NumberStyles.None, null, out var port) || port == 0)
            return null;
        if (IPEndPoint.TryParse(text, out var address))
            return address;
        return Uri.CheckHostName(text[..colon]) == UriHostNameType.Dns ? new DnsEndPoint(text[..colon], port) : null;
    }
}
