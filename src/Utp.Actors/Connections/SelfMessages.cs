using Akka.Actor;
using Akka.Event;

namespace Utp.Actors;

/// <summary>Comes behind the writes of this turn: they are to leave.</summary>
internal sealed class DrainNow : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly DrainNow Instance = new();
}

/// <summary>Comes behind everything that the mailbox held when the connection ended.</summary>
internal sealed class EndMark : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly EndMark Instance = new();
}
