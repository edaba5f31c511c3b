using System.Net;

namespace Utp.BitTorrent;

/// <summary>The message by which peers say which extensions they know, and by which number each is called (BEP 10).</summary>
internal sealed record ExtensionHandshake
{
    /// <summary>Number of ut_metadata (BEP 9); 0: not known.</summary>
    public byte Metadata { get; init; }

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
            Metadata = numbers?.Integer("ut_metadata") is > 0 and <= byte.MaxValue and var metadata ? (byte)metadata : (byte)0,
            MetadataSize = root.Integer("metadata_size") is > 0 and <= MetadataExchange.MaxBytes and var size ? (int)size : 0,
            MaxRequests = root.Integer("reqq") is > 0 and var requests ? (int)Math.Min(requests, int.MaxValue) : 250,
            UploadOnly = root.Integer("upload_only") == 1,
            Client = root.Text("v") is { } client ? client[..Math.Min(client.Length, 64)] : "",
            YourAddress = root.Bytes("yourip") is { Length: 4 or 16 } address ? new IPAddress(address.Span) : null,
        };
        return true;
    }

    public byte[] Write() => BencodeWriter.Write(BencodeWriter.Dictionary(
        ("m", BencodeWriter.Dictionary(("ut_metadata", Metadata == 0 ? null : new BencodeInteger(Metadata)))),
        ("metadata_size", MetadataSize == 0 ? null : new BencodeInteger(MetadataSize)),
        ("reqq", new BencodeInteger(MaxRequests)),
        ("upload_only", UploadOnly ? new BencodeInteger(1) : null),
        ("v", Client.Length == 0 ? null : new BencodeString(Client)),
        ("yourip", YourAddress is null ? null : new BencodeString(YourAddress.GetAddressBytes()))));
}
