using Akka.Event;

namespace Utp.Messages;

/// <summary>
/// Ends a connection. The sender and the handler both hear the <see cref="ConnectionClosed"/> event of the same name, once. One that comes too late is no dead letter.
/// </summary>
public abstract record CloseCommand : UtpCommand, IDeadLetterSuppression;

/// <summary>Sends what was written, then closes both directions. <see cref="Closed"/> follows when the peer has acknowledged everything. What nobody has read by then, and what the peer still sends, is lost, and its writer hears so: it is reset with <see cref="Protocol.CloseCodes.NotRead"/>.</summary>
/// <param name="Code">A close reason for the peer (extension 3), shown as its <c>CloseReason.PeerCode</c>; null: none.</param>
public sealed record Close(ushort? Code = null) : CloseCommand
{
    /// <summary>Without a code.</summary>
    public static readonly Close Instance = new();
}

/// <summary>Sends what was written, then closes our direction and goes on reading. <see cref="ConfirmedClosed"/> follows when the peer has closed its own.</summary>
/// <param name="Code">A close reason for the peer (extension 3); null: none.</param>
public sealed record ConfirmedClose(ushort? Code = null) : CloseCommand
{
    /// <summary>Without a code.</summary>
    public static readonly ConfirmedClose Instance = new();
}

/// <summary>Ends at once with ST_RESET; what was not acknowledged is lost, and its writes fail. <see cref="Aborted"/> follows.</summary>
/// <param name="Code">A close reason for the peer (extension 3); null: none.</param>
public sealed record Abort(ushort? Code = null) : CloseCommand
{
    /// <summary>Without a code.</summary>
    public static readonly Abort Instance = new();
}
