using System.Runtime.InteropServices;
using Akka.IO;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams.Dsl;

/// <summary>How elements become writes, and what was received becomes elements. Any thread.</summary>
internal abstract class ElementFormat<T>
{
    /// <summary>Whether a write is a message of its own, so that it cannot be cut.</summary>
    public abstract bool IsMessages { get; }

    /// <summary>What a connection must be opened with to carry such elements.</summary>
    public abstract UtpOptions? Adapt(UtpOptions? options);

    /// <summary>The element that was received. Its memory is nobody else's any more.</summary>
    public abstract T Read(Received received);

    /// <summary>Appends the element's bytes to <paramref name="pieces"/>: none for an empty one in a stream of bytes.</summary>
    public abstract void Write(T element, List<StreamMessage> pieces);

    /// <summary>
    /// The bytes for somebody who will never give them back: as they are, or, where they fill less than half of their array, copied, so that an element which waits
    /// long holds little more than its bytes.
    /// </summary>
    protected static ReadOnlyMemory<byte> Keep(Received received)
    {
        if (!MemoryMarshal.TryGetArray(received.Data, out var segment) || segment.Count * 2 >= segment.Array!.Length)
            return received.Data;
        var copy = received.Data.ToArray();
        received.Release();
        return copy;
    }
}

/// <summary>A stream of bytes as <see cref="ByteString"/>s.</summary>
internal sealed class ByteStringFormat : ElementFormat<ByteString>
{
    public override bool IsMessages => false;

    public override UtpOptions? Adapt(UtpOptions? options) => MemoryFormat.AsBytes(options);

    public override ByteString Read(Received received) => Keep(received).ToByteString();

    public override void Write(ByteString element, List<StreamMessage> pieces)
    {
        foreach (var segment in element.ToSegments())
            pieces.Add(new StreamMessage(segment));
    }
}

/// <summary>A stream of bytes as memory.</summary>
internal sealed class MemoryFormat : ElementFormat<ReadOnlyMemory<byte>>
{
    public override bool IsMessages => false;

    public override UtpOptions? Adapt(UtpOptions? options) => AsBytes(options);

    public override ReadOnlyMemory<byte> Read(Received received) => Keep(received);

    public override void Write(ReadOnlyMemory<byte> element, List<StreamMessage> pieces)
    {
        if (!element.IsEmpty)
            pieces.Add(new StreamMessage(element));
    }

    // Whatever the configuration says: metadata would be lost in a stream of bytes without anybody noticing.
    internal static UtpOptions AsBytes(UtpOptions? options) => options switch
    {
        null => new UtpOptions { Delivery = DeliveryMode.Bytes },
        { Delivery: null or DeliveryMode.Bytes } => options with { Delivery = DeliveryMode.Bytes },
        _ => throw new ArgumentException($"Flows of bytes cannot carry {options.Delivery}: use system.UtpStream().{options.Delivery}.", nameof(options)),
    };
}

/// <summary>Messages with metadata, as frames or as objects.</summary>
internal sealed class MessageFormat(DeliveryMode mode) : ElementFormat<StreamMessage>
{
    public override bool IsMessages => true;

    public override UtpOptions? Adapt(UtpOptions? options)
    {
        if (options?.Delivery is { } delivery && delivery != mode)
            throw new ArgumentException($"These flows carry {mode}, the options ask for {delivery}: leave UtpOptions.Delivery out.", nameof(options));
        return (options ?? new UtpOptions()) with { Delivery = mode };
    }

    public override StreamMessage Read(Received received)
    {
        var metadata = received.Metadata;
        return new StreamMessage(Keep(received), metadata);
    }

    public override void Write(StreamMessage element, List<StreamMessage> pieces) => pieces.Add(element);
}
