using System.Net;

namespace Utp.BitTorrent;

/// <summary>The message by which peers say which extensions they know, and by which number each is called (BEP 10).</summary>
internal sealed record ExtensionHandshake
{
    /// <summary>Number of ut_metadata (BEP 9); 0: not known.</summary>
    public byte Metadata { get; init; }

    /// <summary>Number of ut_pex (BEP 11); 0: not known.</summary>
    public byte Pex { get; init; }

    /// <summary>Number of ut_holepunch (BEP 55); 0: not known.</summary>
    public byte Holepunch { get; init; }

    /// <summary>Where it listens ("p"); 0: not said.</summary>
    public int Port { get; init; }

    /// <summary>Bytes of the info dictionary (BEP 9, "metadata_size"); 0: not known yet.</summary>
    public int MetadataSize { get; init; }

    /// <summary>Requests that may wait at the peer ("reqq").</summary>
    public int MaxRequests { get; init; } = 250;

    /// <summary>It downloads nothing (BEP 21, "upload_only").</summary>
    public bool UploadOnly { get; init; }

    /// <summary>Its program and version ("v"); empty: not said.</summary>
    public string Client { get; init; } = "";

    /// <summary>Our address as it sees it ("yourip").</summary>
    public IPAddress? YourAddress { get; init; }

    public static bool TryRead(ReadOnlyMemory<byte> payload, out ExtensionHandshake handshake, out string problem)
    {
        handshake = new ExtensionHandshake();
        problem = "";
        if (!BencodeReader.TryReadPrefix(payload, anyOrder: true, out var value, out _, out var error) || value is not BencodeDictionary root)
        {
            problem = $"an extension handshake whose bencode is wrong {error}";
            return false;
        }

        var numbers = root["m"] as BencodeDictionary;
        handshake = new ExtensionHandshake
        {
            Metadata = Number(numbers, "ut_metadata"),
            Pex = Number(numbers, "ut_pex"),
            Holepunch = Number(numbers, "ut_holepunch"),
            Port = root.Integer("p") is > 0 and <= ushort.MaxValue and var port ? (int)port : 0,
            MetadataSize = root.Integer("metadata_size") is > 0 and <= MetadataExchange.MaxBytes and var size ? (int)size : 0,
            MaxRequests = root.Integer("reqq") is > 0 and var requests ? (int)Math.Min(requests, int.MaxValue) : 250,
            UploadOnly = root.Integer("upload_only") == 1,
            Client = root.Text("v") is { } client ? client[..Math.Min(client.Length, 64)] : "",
            YourAddress = root.Bytes("yourip") is { Length: 4 or 16 } address ? new IPAddress(address.Span) : null,
        };
        return true;
    }

    public byte[] Write() => BencodeWriter.Write(BencodeWriter.Dictionary(
        ("m", BencodeWriter.Dictionary(("ut_metadata", Number(Metadata)), ("ut_pex", Number(Pex)), ("ut_holepunch", Number(Holepunch)))),
        ("metadata_size", Number(MetadataSize)),
        ("p", Number(Port)),
        ("reqq", new BencodeInteger(MaxRequests)),
        ("upload_only", UploadOnly ? new BencodeInteger(1) : null),
        ("v", Client.Length == 0 ? null : new BencodeString(Client)),
        ("yourip", YourAddress is null ? null : new BencodeString(YourAddress.GetAddressBytes()))));

    private static byte Number(BencodeDictionary? numbers, string name) => numbers?.Integer(name) is > 0 and <= byte.MaxValue and var number ? (byte)number : (byte)0;

    private static BencodeInteger? Number(int number) => number == 0 ? null : new BencodeInteger(number);
}
