using System.Buffers.Binary;

namespace Utp.Remote;

/// <summary>What a hello says.</summary>
internal enum HelloKind : byte
{
    /// <summary>The initiator opens a lane.</summary>
    Open = 1,

    /// <summary>The acceptor takes it.</summary>
    Accept = 2,

    /// <summary>The acceptor does not; <see cref="Hello.Refusal"/> says why.</summary>
    Refuse = 3,

    /// <summary>A lane whose connection was lost goes on over this one. Behind it: how many bytes of the lane its sender has.</summary>
    Resume = 4,

    /// <summary>The answer, with the same behind it.</summary>
    Resumed = 5,
}

/// <summary>Why a lane is refused.</summary>
internal enum HelloRefusal : byte
{
    None,

    /// <summary>The versions differ.</summary>
    Version = 1,

    /// <summary>The association that the lane belongs to is not, or no more, there.</summary>
    UnknownAssociation = 2,

    /// <summary>The node shuts down.</summary>
    ShuttingDown = 3,

    /// <summary>The refusing node resumes the lane itself at this moment.</summary>
    Resuming = 4,
}

/// <summary>
/// The first bytes of each direction of each lane, 24: magic (4), version, kind, lane, lanes, token of the association (16). A hello of another version is as long, and
/// magic, version and kind stand where they do here. Behind those that resume stand 8 bytes more (<see cref="LongLength"/>), which a node that knows no resuming refuses with the lane.
/// </summary>
/// <param name="Version">Of the frames that follow.</param>
/// <param name="Kind">What it says.</param>
/// <param name="Lane">Which lane of the association it opens; in a refusal the reason.</param>
/// <param name="Lanes">Which ones the association has, as <see cref="LaneLayout"/> writes it: asked for, or granted.</param>
/// <param name="Token">Of the association; random, so that nobody else can join it.</param>
internal readonly record struct Hello(byte Version, HelloKind Kind, byte Lane, byte Lanes, Guid Token)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 24;

    /// <summary>The version of this code.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>Bytes of one that resumes.</summary>
    public const int LongLength = Length + sizeof(long);

    private const uint Magic = 0x7554_5052;

    /// <summary>Why it is refused.</summary>
    public HelloRefusal Refusal => Kind == HelloKind.Refuse ? (HelloRefusal)Lane : HelloRefusal.None;

    /// <summary>Whether <see cref="LongLength"/> counts.</summary>
    public bool IsLong => Version == CurrentVersion && Kind is HelloKind.Resume or HelloKind.Resumed;

    /// <summary>Of one that resumes: bytes of the lane that its sender has, its first hello included.</summary>
    public long ReceivedBytes { get; init; }

    public static Hello Resume(int lane, LaneLayout lanes, Guid token, long receivedBytes) => new(CurrentVersion, HelloKind.Resume, (byte)lane, lanes.ToByte(), token) { ReceivedBytes = receivedBytes };

    public static Hello Resumed(int lane, LaneLayout lanes, Guid token, long receivedBytes) => new(CurrentVersion, HelloKind.Resumed, (byte)lane, lanes.ToByte(), token) { ReceivedBytes = receivedBytes };

    public static Hello Open(int lane, LaneLayout lanes, Guid token) => new(CurrentVersion, HelloKind.Open, (byte)lane, lanes.ToByte(), token);

    public static Hello Accept(int lane, LaneLayout lanes, Guid token) => new(CurrentVersion, HelloKind.Accept, (byte)lane, lanes.ToByte(), token);

    public static Hello Refuse(HelloRefusal why, Guid token) => new(CurrentVersion, HelloKind.Refuse, (byte)why, 0, token);

    public byte[] ToBytes()
    {
        var bytes = new byte[IsLong ? LongLength : Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Magic);
        bytes[4] = Version;
        bytes[5] = (byte)Kind;
        bytes[6] = Lane;
        bytes[7] = Lanes;
        Token.TryWriteBytes(bytes.AsSpan(8));
        if (IsLong)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(Length), ReceivedBytes);
        return bytes;
    }

    /// <summary>False for anything else than <see cref="Length"/> bytes of a hello, of any version, or <see cref="LongLength"/> of one that resumes; of that the first <see cref="Length"/> are read, too.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Hello hello)
    {
        hello = default;
        if (bytes.Length is not (Length or LongLength) || BinaryPrimitives.ReadUInt32BigEndian(bytes) != Magic)
            return false;
        hello = new Hello(bytes[4], (HelloKind)bytes[5], bytes[6], bytes[7], new Guid(bytes[8..Length]));
        if (bytes.Length == LongLength)
            hello = hello with { ReceivedBytes = BinaryPrimitives.ReadInt64BigEndian(bytes[Length..]) };
        return true;
    }
}
