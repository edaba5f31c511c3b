using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Utp.Cli;

/// <summary>
/// What a receiver that resumes says first, in its own direction of the connection, and what the sender answers in front of the file's bytes (design note 45). The number is
/// drawn for each connection, so that no file begins with the answer by accident: a sender that knows nothing of all this is recognized by its first bytes.
/// </summary>
/// <param name="Bytes">How many bytes of the file the receiver has.</param>
/// <param name="Hash">SHA-256 of them: the sender trusts nothing that its own file does not begin with.</param>
/// <param name="Number">16 random bytes.</param>
internal sealed record ResumeOffer(long Bytes, byte[] Hash, byte[] Number)
{
    /// <summary>Bytes of an offer.</summary>
    public const int Length = 8 + NumberBytes + sizeof(long) + SHA256.HashSizeInBytes;

    /// <summary>Bytes of an answer.</summary>
    public const int AnswerLength = NumberBytes + sizeof(long);

    private const int NumberBytes = 16;

    private static ReadOnlySpan<byte> Magic => "utpresu1"u8;

    /// <summary>With a number of its own.</summary>
    public static ResumeOffer Of(long bytes, byte[] hash) => new(bytes, hash, RandomNumberGenerator.GetBytes(NumberBytes));

    /// <summary>Reads an offer; false: it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ResumeOffer? offer)
    {
        offer = null;
        if (bytes.Length < Length || !bytes.StartsWith(Magic))
            return false;
        var number = bytes.Slice(Magic.Length, NumberBytes);
        var count = BinaryPrimitives.ReadInt64BigEndian(bytes[(Magic.Length + NumberBytes)..]);
        if (count < 0)
            return false;
        offer = new ResumeOffer(count, bytes[(Magic.Length + NumberBytes + sizeof(long))..Length].ToArray(), number.ToArray());
        return true;
    }

    /// <summary>As it goes over the wire.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        Magic.CopyTo(bytes);
        Number.CopyTo(bytes, Magic.Length);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(Magic.Length + NumberBytes), Bytes);
        Hash.CopyTo(bytes, Magic.Length + NumberBytes + sizeof(long));
        return bytes;
    }

    /// <summary>The sender's answer: from which byte it goes on, all of them or none of those that were offered.</summary>
    public byte[] Answer(long from)
    {
        var bytes = new byte[AnswerLength];
        Number.CopyTo(bytes, 0);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(NumberBytes), from);
        return bytes;
    }

    /// <summary>Reads the answer at the beginning of what the sender sends; false: it is none, and these are the file's own bytes.</summary>
    public bool TryReadAnswer(ReadOnlySpan<byte> bytes, out long from)
    {
        from = 0;
        if (bytes.Length < AnswerLength || !bytes.StartsWith(Number))
            return false;
        from = BinaryPrimitives.ReadInt64BigEndian(bytes[NumberBytes..]);
        return from == 0 || from == Bytes;
    }
}
