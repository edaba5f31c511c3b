using System.Buffers;
using System.Globalization;
using System.Text;

namespace Utp.BitTorrent;

/// <summary>Writes bencode (BEP 3). Keys are sorted here, as the specification wants them.</summary>
internal static class BencodeWriter
{
    /// <summary>A dictionary of these; null values are left out.</summary>
    public static BencodeDictionary Dictionary(params ReadOnlySpan<(string Key, BencodeValue? Value)> entries)
    {
        var kept = new List<KeyValuePair<string, BencodeValue>>();
        foreach (var (key, value) in entries)
        {
            if (value is not null)
                kept.Add(new(key, value));
        }

        return new BencodeDictionary(kept);
    }

    public static byte[] Write(BencodeValue value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Write(buffer, value);
        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(IBufferWriter<byte> output, BencodeValue value)
    {
        // What was read is written as it was read.
        if (!value.Raw.IsEmpty)
        {
            output.Write(value.Raw.Span);
            return;
        }

        switch (value)
        {
            case BencodeInteger integer:
                Ascii(output, string.Create(CultureInfo.InvariantCulture, $"i{integer.Value}e"));
                break;
            case BencodeString text:
                String(output, text.Bytes.Span);
                break;
            case BencodeList list:
                Ascii(output, "l");
                foreach (var item in list.Items)
                    Write(output, item);
                Ascii(output, "e");
                break;
            case BencodeDictionary dictionary:
                Ascii(output, "d");
                foreach (var (key, entry) in dictionary.Entries.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
                {
                    String(output, Encoding.Latin1.GetBytes(key));
                    Write(output, entry);
                }

                Ascii(output, "e");
                break;
            default:
                throw new ArgumentException($"{value.GetType()} is no value of bencode.", nameof(value));
        }
    }

    private static void String(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes)
    {
        Ascii(output, string.Create(CultureInfo.InvariantCulture, $"{bytes.Length}:"));
        output.Write(bytes);
    }

    private static void Ascii(IBufferWriter<byte> output, string text) => Encoding.ASCII.GetBytes(text, output);
}
