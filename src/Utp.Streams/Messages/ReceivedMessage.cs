using Utp.Messages;

namespace Utp.Streams;

/// <summary>One message of the peer's, with its metadata.</summary>
/// <remarks>The memory is the receiver's. <see cref="Dispose"/> gives it back, for the next message to lie in; whoever keeps the bytes does not dispose, which loses nothing.</remarks>
public readonly struct ReceivedMessage : IDisposable, IEquatable<ReceivedMessage>
{
    private readonly Received? _received;

    internal ReceivedMessage(Received received) => _received = received;

    /// <summary>The payload.</summary>
    public ReadOnlyMemory<byte> Data => _received?.Data ?? default;

    /// <summary>What describes it; empty for nothing.</summary>
    public ReadOnlyMemory<byte> Metadata => _received?.Metadata ?? default;

    /// <summary>Gives the memory of <see cref="Data"/> back: it must not be touched any more. A second time does nothing.</summary>
    public void Dispose() => _received?.Release();

    /// <summary>Whether both are the same delivery.</summary>
    public bool Equals(ReceivedMessage other) => ReferenceEquals(_received, other._received);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ReceivedMessage other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _received is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(_received);

    /// <summary>Whether both are the same delivery.</summary>
    public static bool operator ==(ReceivedMessage left, ReceivedMessage right) => left.Equals(right);

    /// <summary>Whether they are different deliveries.</summary>
    public static bool operator !=(ReceivedMessage left, ReceivedMessage right) => !left.Equals(right);
}
