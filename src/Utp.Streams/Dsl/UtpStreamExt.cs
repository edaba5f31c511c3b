using Akka.Actor;
using Akka.IO;
using Utp.Actors;
using Utp.Protocol;

namespace Utp.Streams.Dsl;

/// <summary>
/// uTP as flows of Akka.Streams, with the members of its <c>TcpStream</c>: <see cref="UtpStreamExtensions.UtpStream"/> gives it. Elements are <see cref="ByteString"/>s;
/// <see cref="Memory"/>, <see cref="Frames"/> and <see cref="Objects"/> have the same members for other elements.
/// </summary>
public sealed class UtpStreamExt : UtpFlows<ByteString>, IExtension
{
    internal UtpStreamExt(ExtendedActorSystem system)
        : base(UtpExtension.Get(system), new ByteStringFormat())
    {
        var utp = UtpExtension.Get(system);
        Memory = new UtpFlows<ReadOnlyMemory<byte>>(utp, new MemoryFormat());
        Frames = new UtpFlows<StreamMessage>(utp, new MessageFormat(DeliveryMode.Frames));
        Objects = new UtpFlows<StreamMessage>(utp, new MessageFormat(DeliveryMode.Objects));
    }

    /// <summary>
    /// Flows of bytes as memory, without a <see cref="ByteString"/> around it. What comes out belongs to the receiver, which may keep it; what goes in must not change any more.
    /// </summary>
    public UtpFlows<ReadOnlyMemory<byte>> Memory { get; }

    /// <summary>
    /// Flows of messages: each element arrives as one element with its metadata (up to 250 bytes), whatever its size. Both ends must use frames; an element that cannot
    /// be sent (larger than <c>utp.max-frame-size</c> or the send buffer, metadata too long) fails the flow.
    /// </summary>
    public UtpFlows<StreamMessage> Frames { get; }

    /// <summary>
    /// Flows of objects: data arrives cut as the packets were, each with its metadata (up to 255 bytes). An element larger than a packet arrives as several, each with
    /// the metadata.
    /// </summary>
    public UtpFlows<StreamMessage> Objects { get; }

    /// <summary>The extension of a system, started when it is asked for first.</summary>
    public static UtpStreamExt Get(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.WithExtension<UtpStreamExt, UtpStreamExtProvider>();
    }
}

/// <summary>Makes the extension.</summary>
public sealed class UtpStreamExtProvider : ExtensionIdProvider<UtpStreamExt>
{
    /// <inheritdoc/>
    public override UtpStreamExt CreateExtension(ExtendedActorSystem system) => new(system);
}

/// <summary><c>system.UtpStream()</c>, as <c>system.TcpStream()</c>.</summary>
public static class UtpStreamExtensions
{
    /// <summary>uTP as flows of Akka.Streams.</summary>
    public static UtpStreamExt UtpStream(this ActorSystem system) => UtpStreamExt.Get(system);
}
