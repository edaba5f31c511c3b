using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Utp.BitTorrent;

/// <summary>
/// A message of ut_holepunch (BEP 55): an initiator asks a common peer for a rendezvous with a target; the common peer tells both to connect to each other, or the initiator why not.
/// </summary>
/// <param name="Type">Which of the three.</param>
/// <param name="EndPoint">The other one of the two: whom to meet.</param>
/// <param name="Error">Why not; for <see cref="Kind.Error"/> alone.</param>
internal readonly record struct HolepunchMessage(HolepunchMessage.Kind Type, IPEndPoint EndPoint, HolepunchMessage.Problem Error = HolepunchMessage.Problem.None)
{
    internal enum Kind
    {
        Rendezvous = 0,
        Connect = 1,
        Error = 2,
    }

    internal enum Problem
    {
        None = 0,
        NoSuchPeer = 1,
        NotConnected = 2,
        NoSupport = 3,
        NoSelf = 4,
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out HolepunchMessage message)
    {
        message = default;
        if (payload.Length < 2 || payload[0] > (byte)Kind.Error || payload[1] > 1)
            return false;
        var addressBytes = payload[1] == 0 ? 4 : 16;
        var rest = payload[2..];
        if (rest.Length < addressBytes + 2)
            return false;
        var endPoint = new IPEndPoint(new IPAddress(rest[..addressBytes]), BinaryPrimitives.ReadUInt16BigEndian(rest[addressBytes..]));
        rest = rest[(addressBytes + 2)..];
        // Some write the error only where there is one.
        var error = rest.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(rest) : 0;
        if (endPoint.Port == 0 || error > int.MaxValue)
            return false;
        message = new HolepunchMessage((Kind)payload[0], endPoint, (Problem)error);
        return true;
    }

    public byte[] Write()
    {
        var isV4 = EndPoint.AddressFamily == AddressFamily.InterNetwork;
        var addressBytes = isV4 ? 4 : 16;
        var bytes = new byte[2 + addressBytes + 2 + 4];
        bytes[0] = (byte)Type;
        bytes[1] = (byte)(isV4 ? 0 : 1);
        EndPoint.Address.TryWriteBytes(bytes.AsSpan(2), out _);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2 + addressBytes), (ushort)EndPoint.Port);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + addressBytes), (int)Error);
        return bytes;
    }

    /// <summary>An error in words.</summary>
    public static string Text(Problem problem) => problem switch
    {
        Problem.NoSuchPeer => "the common peer does not take the address",
        Problem.NotConnected => "the common peer is not connected to it any more",
        Problem.NoSupport => "it does not know hole punching",
        Problem.NoSelf => "the address is the common peer's own",
        _ => "the common peer refused",
    };
}
