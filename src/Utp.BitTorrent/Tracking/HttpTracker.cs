using System.Globalization;
using System.Net;
using System.Text;

namespace Utp.BitTorrent;

/// <summary>A tracker over HTTP (BEP 3, with the compact peers of BEP 23 and BEP 7).</summary>
internal static class HttpTracker
{
    private const int MaxAnswerBytes = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<AnnounceAnswer> AnnounceAsync(Uri tracker, Announce announce, CancellationToken cancellationToken)
    {
        // A tracker's own redirect may lead to an address that its URL would not.
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { MaxResponseContentBufferSize = MaxAnswerBytes, Timeout = Patience };
        byte[] bytes;
        try
        {
            bytes = await http.GetByteArrayAsync(UriOf(tracker, announce), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new TrackerException($"{tracker.Host} did not answer ({(e is HttpRequestException ? e.Message : "no answer in time")})", e);
        }

        return Read(bytes, tracker);
    }

    /// <summary>The query of BEP 3: bytes are escaped as bytes, which no class for texts does.</summary>
    internal static Uri UriOf(Uri tracker, Announce announce)
    {
        var query = new StringBuilder(tracker.AbsoluteUri);
        query.Append(tracker.Query.Length > 0 ? '&' : '?').Append("info_hash=");
        Escape(query, announce.InfoHash.Span);
        query.Append("&peer_id=");
        Escape(query, announce.PeerId.Span);
        query.Append(CultureInfo.InvariantCulture, $"&port={announce.Port}&uploaded={announce.Uploaded}&downloaded={announce.Downloaded}&left={announce.Left}&compact=1&numwant={announce.Wanted}");
        if (announce.Event != AnnounceEvent.None)
            query.Append("&event=").Append(announce.Event.ToString().ToLowerInvariant());
        return new Uri(query.ToString());
    }

    internal static AnnounceAnswer Read(byte[] bytes, Uri tracker)
    {
        if (!BencodeReader.TryReadPrefix(bytes, anyOrder: true, out var value, out _, out var error) || value is not BencodeDictionary answer)
            throw new TrackerException($"{tracker.Host} answered what is no bencode ({error})");
        if (answer.Text("failure reason") is { } reason)
            throw new TrackerException($"{tracker.Host} refuses: {reason}");
        var peers = new List<EndPoint>();
        if (answer["peers"] is BencodeString compact)
            peers.AddRange(CompactPeers.Read(compact.Bytes, 4));
        else if (answer["peers"] is BencodeList list)
            peers.AddRange(list.Items.OfType<BencodeDictionary>().Select(PeerOf).OfType<EndPoint>());
        if (answer["peers6"] is BencodeString compact6)
            peers.AddRange(CompactPeers.Read(compact6.Bytes, 16));
        return new AnnounceAnswer(TimeSpan.FromSeconds(Math.Clamp(answer.Integer("interval") ?? 0, 0, 86_400)), peers);
    }

    private static EndPoint? PeerOf(BencodeDictionary peer) =>
        IPAddress.TryParse(peer.Text("ip"), out var address) && peer.Integer("port") is > 0 and <= ushort.MaxValue and var port ? new IPEndPoint(address, (int)port) : null;

    private static void Escape(StringBuilder query, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~')
                query.Append((char)value);
            else
                query.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }
    }
}
