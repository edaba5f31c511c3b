using System.Net;

namespace Utp.BitTorrent;

/// <summary>A peer that others name.</summary>
/// <param name="EndPoint">Where it is.</param>
/// <param name="IsMeeting">Whether it connects to us at this moment, as a common peer told both (BEP 55): then at once, and the two ST_SYNs open both NATs.</param>
internal readonly record struct FoundPeer(IPEndPoint EndPoint, bool IsMeeting);
