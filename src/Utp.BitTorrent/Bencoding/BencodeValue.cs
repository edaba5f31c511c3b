using System.Text;

namespace Utp.BitTorrent;

/// <summary>One value of bencode (BEP 3, "bencoding"). It keeps the bytes it was read from: info hashes are made of those, never of a copy written anew.</summary>
internal abstract class BencodeValue
{
    /// <summary>Where it began in what was read, in bytes.</summary>
    public int Offset { get; init; }

    /// <summary>The bytes it was read from; empty for a value that was made.</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }
}

/// <summary>A string of bytes; whether it is text is for its reader to say.</summary>
internal sealed class BencodeString(ReadOnlyMemory<byte> bytes) : BencodeValue
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public BencodeString(string text)
        : this(Utf8.GetBytes(text))
    {
    }

    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>As UTF-8; null where it is none.</summary>
    public string? Text
    {
        get
        {
            try
            {
                return Utf8.GetString(bytes.Span);
            }
            catch (DecoderFallbackException)
            {
                return null;
            }
        }
    }
}

/// <summary>An integer that fits 64 bits.</summary>
internal sealed class BencodeInteger(long value) : BencodeValue
{
    public long Value => value;
}

/// <summary>A list.</summary>
internal sealed class BencodeList(IReadOnlyList<BencodeValue> items) : BencodeValue
{
    public IReadOnlyList<BencodeValue> Items => items;
}

/// <summary>A dictionary. Its keys are strings of bytes; here each is a <see cref="string"/> of as many characters below 256 (Latin-1), so that nothing is lost.</summary>
internal sealed class BencodeDictionary(IReadOnlyList<KeyValuePair<string, BencodeValue>> entries) : BencodeValue
{
    private readonly Dictionary<string, BencodeValue> _byKey = new(entries, StringComparer.Ordinal);

    /// <summary>In the order of the bytes.</summary>
    public IReadOnlyList<KeyValuePair<string, BencodeValue>> Entries => entries;

    public BencodeValue? this[string key] => _byKey.GetValueOrDefault(key);

    /// <summary>A key's bytes as UTF-8 text; null where they are none.</summary>
    public static string? KeyText(string key) => new BencodeString(Encoding.Latin1.GetBytes(key)).Text;

    /// <summary>The integer of that key; null where there is none.</summary>
    public long? Integer(string key) => (this[key] as BencodeInteger)?.Value;

    /// <summary>The text of that key; null where there is none.</summary>
    public string? Text(string key) => (this[key] as BencodeString)?.Text;

    /// <summary>The bytes of that key; null where there are none.</summary>
    public ReadOnlyMemory<byte>? Bytes(string key) => (this[key] as BencodeString)?.Bytes;
}
