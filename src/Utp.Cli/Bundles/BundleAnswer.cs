using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Utp.Cli;

/// <summary>A file of which a receiver has the beginning, or all.</summary>
/// <param name="Bytes">How many bytes.</param>
/// <param name="Hash">SHA-256 of them.</param>
internal readonly record struct KeptFile(long Bytes, byte[] Hash);

/// <summary>
/// What a receiver answers to a <see cref="BundleHello"/>. The sender repeats <paramref name="Number"/> in front of the bundle; who does not has sent a file that begins like a hello.
/// </summary>
/// <param name="Asked">The number of the hello.</param>
/// <param name="Number">16 random bytes.</param>
/// <param name="Refusal">Of <see cref="TransferCodes"/>: why it does not want the bundle; 0: it does.</param>
/// <param name="Kept">What it has of an earlier transfer, by the entries' names.</param>
internal sealed record BundleAnswer(byte[] Asked, byte[] Number, ushort Refusal, IReadOnlyDictionary<string, KeptFile> Kept)
{
    /// <summary>Nobody keeps more: the names of a million files.</summary>
    public const int MostKeptBytes = 256 << 20;

    private const int HeadBytes = (2 * BundleHello.NumberBytes) + 8;

    /// <summary>With a number of its own.</summary>
    public static BundleAnswer To(BundleHello hello, ushort refusal, IReadOnlyDictionary<string, KeptFile> kept) =>
        new(hello.Number, RandomNumberGenerator.GetBytes(BundleHello.NumberBytes), refusal, kept);

    /// <summary>Reads what has come so far; null: it is not complete, and has at least so many bytes.</summary>
    /// <exception cref="InvalidDataException">It is no answer to that hello.</exception>
    public static BundleAnswer? Read(ReadOnlySpan<byte> bytes, BundleHello hello, out int needed)
    {
        needed = HeadBytes;
        if (!bytes.StartsWith(hello.Number.AsSpan(0, Math.Min(bytes.Length, BundleHello.NumberBytes))))
            throw new InvalidDataException("The first bytes are not the number that was asked with.");
        if (bytes.Length < HeadBytes)
            return null;
        var (refusal, length) = (BinaryPrimitives.ReadInt32BigEndian(bytes[32..]), BinaryPrimitives.ReadInt32BigEndian(bytes[36..]));
        if (refusal is < 0 or > ushort.MaxValue || length is < 0 or > MostKeptBytes)
            throw new InvalidDataException("A number is out of its range.");
        needed = HeadBytes + length;
        return bytes.Length < needed
            ? null
            : new BundleAnswer(hello.Number, bytes[BundleHello.NumberBytes..(2 * BundleHello.NumberBytes)].ToArray(), (ushort)refusal, ReadKept(bytes.Slice(HeadBytes, length)));
    }

    /// <summary>As it goes over the wire.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        var number = new byte[sizeof(long)];
        foreach (var (name, kept) in Kept)
        {
            var text = Encoding.UTF8.GetBytes(name);
            if (bytes.Length + sizeof(ushort) + text.Length + sizeof(long) + SHA256.HashSizeInBytes > MostKeptBytes)
                break;
            BinaryPrimitives.WriteUInt16BigEndian(number, (ushort)text.Length);
            bytes.Write(number, 0, sizeof(ushort));
            bytes.Write(text);
            BinaryPrimitives.WriteInt64BigEndian(number, kept.Bytes);
            bytes.Write(number);
            bytes.Write(kept.Hash);
        }

        var all = new byte[HeadBytes + bytes.Length];
        Asked.CopyTo(all, 0);
        Number.CopyTo(all, BundleHello.NumberBytes);
        BinaryPrimitives.WriteInt32BigEndian(all.AsSpan(32), Refusal);
        BinaryPrimitives.WriteInt32BigEndian(all.AsSpan(36), (int)bytes.Length);
        bytes.GetBuffer().AsSpan(0, (int)bytes.Length).CopyTo(all.AsSpan(HeadBytes));
        return all;
    }

    private static Dictionary<string, KeptFile> ReadKept(ReadOnlySpan<byte> bytes)
    {
        var kept = new Dictionary<string, KeptFile>(StringComparer.Ordinal);
        while (bytes.Length > 0)
        {
            var name = bytes.Length < sizeof(ushort) ? int.MaxValue : BinaryPrimitives.ReadUInt16BigEndian(bytes);
            if (bytes.Length - sizeof(ushort) - sizeof(long) - SHA256.HashSizeInBytes < name)
                throw new InvalidDataException("A name is longer than the list.");
            var rest = bytes[(sizeof(ushort) + name)..];
            kept[Encoding.UTF8.GetString(bytes.Slice(sizeof(ushort), name))] = new KeptFile(BinaryPrimitives.ReadInt64BigEndian(rest), rest.Slice(sizeof(long), SHA256.HashSizeInBytes).ToArray());
            bytes = rest[(sizeof(long) + SHA256.HashSizeInBytes)..];
        }

        return kept;
    }
}
