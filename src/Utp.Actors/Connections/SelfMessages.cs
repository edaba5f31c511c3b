using Akka.Actor;
using Akka.Event;

namespace Utp.Actors;

/// <summary>Comes behind the writes of this turn: they are to leave.</summary>
internal sealed class DrainNow : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly DrainNow Instance = new();
}

/// <summary>To a connection, or to a listener for all of its own: somebody asks for statistics, and what was counted is to be told now.</summary>
internal sealed class SampleNow : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly SampleNow Instance = new();
}

/// <summary>Comes behind everything that the mailbox held when the connection ended.</summary>
internal sealed class EndMark : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly EndMark Instance = new();
}
