using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Utp.Cli;

/// <summary>
/// What a sender of a folder or of several files says first (design note 48). A receiver that can store them answers with a <see cref="BundleAnswer"/>; one that cannot is silent, or
/// speaks of something else.
/// </summary>
/// <param name="Number">16 random bytes; the answer begins with them.</param>
/// <param name="Preserve">Whether permissions and times are to be kept.</param>
/// <param name="Resume">Whether the receiver is to say what it has of an earlier transfer.</param>
/// <param name="Files">How many files there are; for people.</param>
/// <param name="Bytes">How many bytes will come; for people.</param>
/// <param name="Key">16 bytes that are the same when the same paths are sent again.</param>
internal sealed record BundleHello(byte[] Number, bool Preserve, bool Resume, long Files, long Bytes, byte[] Key)
{
    /// <summary>Bytes of a hello.</summary>
    public const int Length = 64;

    /// <summary>Bytes of a number that proves that one end has heard the other.</summary>
    public const int NumberBytes = 16;

    private const ulong PreserveFlag = 1;
    private const ulong ResumeFlag = 2;

    private static ReadOnlySpan<byte> Magic => "utpmany1"u8;

    /// <summary>With a number of its own.</summary>
    public static BundleHello Of(Bundle bundle, bool preserve, bool resume) => new(
        RandomNumberGenerator.GetBytes(NumberBytes), preserve, resume, bundle.Files, bundle.StreamBytes,
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', bundle.Entries.Select(static entry => entry.Name).Where(static name => !name.Contains('/', StringComparison.Ordinal)))))[..NumberBytes]);

    /// <summary>Whether what has come so far may become a hello.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> bytes) => bytes.Length < Magic.Length ? Magic.StartsWith(bytes) : bytes.StartsWith(Magic);

    /// <summary>Reads a hello; false: it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out BundleHello? hello)
    {
        hello = null;
        if (bytes.Length < Length || !bytes.StartsWith(Magic))
            return false;
        var flags = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
        var (files, total) = (BinaryPrimitives.ReadInt64BigEndian(bytes[32..]), BinaryPrimitives.ReadInt64BigEndian(bytes[40..]));
        if ((flags & ~(PreserveFlag | ResumeFlag)) != 0 || files < 0 || total < 0)
            return false;
        hello = new BundleHello(bytes.Slice(8, NumberBytes).ToArray(), (flags & PreserveFlag) != 0, (flags & ResumeFlag) != 0, files, total, bytes.Slice(48, NumberBytes).ToArray());
        return true;
    }

    /// <summary>As it goes over the wire.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        Number.CopyTo(bytes, 8);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), (Preserve ? PreserveFlag : 0) | (Resume ? ResumeFlag : 0));
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(32), Files);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(40), Bytes);
        Key.CopyTo(bytes, 48);
        return bytes;
    }
}
