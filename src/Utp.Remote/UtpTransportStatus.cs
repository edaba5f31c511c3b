using Akka.Actor;

namespace Utp.Remote;

/// <summary>How a transport is at a moment.</summary>
/// <param name="LocalAddress">Where others reach it; null: it does not listen yet.</param>
/// <param name="Associations">Associations that are open, or closing.</param>
/// <param name="HeldBytes">Bytes that are written and not acknowledged, over all associations.</param>
/// <param name="Failure">Why it takes part in nothing any more, in one sentence; null: it does.</param>
public sealed record UtpTransportStatus(Address? LocalAddress, int Associations, long HeldBytes, string? Failure);
