using System.Net;

namespace Utp.BitTorrent;

/// <summary>
/// Rendezvous by a common peer (BEP 55): we ask for one when nobody answers at an address that a peer named; we arrange one for others; and we come when we are told to. All from the listening
/// port, so that the ST_SYN that leaves opens our NAT for the one that comes. Under the torrent's lock.
/// </summary>
internal sealed class HolepunchDesk(TorrentState state)
{
    /// <summary>The number by which we are sent its messages.</summary>
    public const byte OurId = 3;

    // What one peer may make us do: messages to others, and ST_SYNs to addresses of its choice.
    private const int MaxAtOnce = 20;
    private const double SecondsPerOne = 1;

    /// <summary>The number to announce; 0: it is not spoken.</summary>
    public byte Number => state.Options.UseHolePunching ? OurId : (byte)0;

    public void OnMessage(Peer peer, ReadOnlySpan<byte> payload, double now)
    {
        if (!state.Options.UseHolePunching)
            return;
        if (!HolepunchMessage.TryRead(payload, out var message))
            throw new PeerDropException("it sent a message of ut_holepunch that is none");
        switch (message.Type)
        {
            case HolepunchMessage.Kind.Rendezvous:
                if (peer.Meetings.TryTake(now, MaxAtOnce, SecondsPerOne))
                    Arrange(peer, message.EndPoint);
                break;
            case HolepunchMessage.Kind.Connect:
                if (peer.Meetings.TryTake(now, MaxAtOnce, SecondsPerOne) && AddressScope.IsShared(message.EndPoint.Address, peer.EndPoint.Address) && !state.IsConnected(message.EndPoint))
                    state.Find(new FoundPeer(message.EndPoint, IsMeeting: true));
                break;
            case HolepunchMessage.Kind.Error:
                state.Events.Enqueue(new TorrentEvent.MeetingFailed(message.EndPoint, HolepunchMessage.Text(message.Error)));
                break;
        }
    }

    /// <summary>Nobody answers there: a peer that is connected to it is asked for a rendezvous. Whether there was one.</summary>
    public bool Ask(IPEndPoint target)
    {
        if (!state.Options.UseHolePunching || state.IsConnected(target))
            return false;
        var common = state.Peers.FirstOrDefault(peer => peer.Extensions is { Holepunch: not 0 } && peer.Pex.CanIntroduce(target) && !peer.Dropped.IsCompleted);
        if (common is null)
            return false;
        Say(common, new HolepunchMessage(HolepunchMessage.Kind.Rendezvous, target));
        return true;
    }

    private void Arrange(Peer initiator, IPEndPoint wanted)
    {
        var target = state.Peers.FirstOrDefault(peer => peer.EndPoint.Equals(wanted) && !peer.Dropped.IsCompleted);
        var problem = target switch
        {
            null => HolepunchMessage.Problem.NotConnected,
            _ when target == initiator => HolepunchMessage.Problem.NoSelf,
            { Extensions: not { Holepunch: not 0 } } => HolepunchMessage.Problem.NoSupport,
            // They would look for each other at addresses that mean something else to them.
            _ when !AddressScope.IsShared(initiator.EndPoint.Address, target.EndPoint.Address) || !AddressScope.IsShared(wanted.Address, initiator.EndPoint.Address) => HolepunchMessage.Problem.NoSuchPeer,
            _ => HolepunchMessage.Problem.None,
        };
        if (problem != HolepunchMessage.Problem.None)
        {
            Say(initiator, new HolepunchMessage(HolepunchMessage.Kind.Error, wanted, problem));
            return;
        }

        Say(target!, new HolepunchMessage(HolepunchMessage.Kind.Connect, initiator.EndPoint));
        Say(initiator, new HolepunchMessage(HolepunchMessage.Kind.Connect, target!.EndPoint));
    }

    private static void Say(Peer peer, HolepunchMessage message)
    {
        if (peer.Extensions is not { Holepunch: not 0 } extensions)
            return;
        PeerWire.Extended(peer.Outbox.Messages, extensions.Holepunch, message.Write());
        peer.Outbox.Wake();
    }
}
