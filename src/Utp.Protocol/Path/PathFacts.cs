namespace Utp.Protocol;

/// <summary>What is known of the path when a packet arrives.</summary>
/// <param name="MaxPayload">Bytes of payload of a full packet.</param>
/// <param name="RttMicros">The smoothed round trip, µs; 0: none yet.</param>
internal readonly record struct PathFacts(int MaxPayload, long RttMicros);
