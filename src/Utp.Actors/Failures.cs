using System.Net;
using System.Net.Sockets;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>What went wrong, as a cause for programs and one sentence for people that says what to do.</summary>
internal readonly record struct Failure(FailureCause Cause, string Message, Exception? Exception = null);

/// <summary>Every sentence that a user may read.</summary>
internal static class Failures
{
    /// <summary>A socket could not be opened or bound.</summary>
    public static Failure OfBind(EndPoint address, Exception exception) => exception switch
    {
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            new(FailureCause.AddressInUse, $"{address} is in use: choose another port, or 0 for any free one.", exception),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
            new(FailureCause.AddressNotAvailable, $"{address} is no address of this machine: bind one that is, or a wildcard.", exception),
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            new(FailureCause.AccessDenied, $"The system does not allow {address}: choose a port above 1023, or ask for the right to bind it.", exception),
        SocketException { SocketErrorCode: SocketError.AddressFamilyNotSupported } =>
            new(FailureCause.InvalidAddress, $"This machine has no network of the kind of {address}: use the other IP version.", exception),
        ArgumentException => new(FailureCause.InvalidAddress, $"{address} cannot be bound: {exception.Message}", exception),
        _ => new(FailureCause.SocketError, $"No socket could be opened on {address}: {exception.Message}", exception),
    };

    /// <summary>An attempt to connect ended.</summary>
    public static Failure OfConnect(IPEndPoint remote, CloseReason reason) => reason.Cause switch
    {
        CloseCause.ConnectTimeout =>
            new(FailureCause.ConnectTimeout, $"{remote} did not answer in time: check the address and that UDP gets through, or allow more time."),
        CloseCause.Refused or CloseCause.Reset =>
            new(FailureCause.Refused, $"{remote} refused: nobody accepts uTP connections on that port."),
        CloseCause.Unreachable =>
            new(FailureCause.Unreachable, $"{remote} cannot be reached: no route leads there, or a firewall forbids it."),
        CloseCause.Aborted => new(FailureCause.Cancelled, $"Connecting to {remote} was cancelled."),
        CloseCause.SocketError => new(FailureCause.SocketError, $"The socket failed while connecting to {remote}: {reason.Detail}"),
        _ => new(FailureCause.InternalError, $"Connecting to {remote} failed: {reason.Detail ?? reason.Cause.ToString()}."),
    };

    /// <summary>The port that it was to share is gone.</summary>
    public static Failure OfClientPort(IPEndPoint remote) => new(FailureCause.SocketError, $"The socket failed while connecting to {remote}: try again.");

    /// <summary>A host name could not be resolved.</summary>
    public static Failure OfResolve(string host, Exception? exception) => exception switch
    {
        OperationCanceledException =>
            new(FailureCause.ConnectTimeout, $"The name {host} was not resolved in time: check the name server, or allow more time.", exception),
        _ => new(FailureCause.UnknownHost, $"The name {host} has no address: check its spelling, or give an IP address.", exception),
    };

    /// <summary>A write was not taken.</summary>
    public static Failure OfWrite(WriteResult result, long bytes, ConnectionOptions options) => result switch
    {
        WriteResult.BufferFull =>
            new(FailureCause.BufferFull, $"The send buffer of {options.SendBufferBytes} bytes is full: wait for WritingResumed after ResumeWriting, or for delivered acknowledgements, and write again."),
        WriteResult.TooLarge =>
            new(FailureCause.WriteTooLarge, $"{bytes} bytes never fit the send buffer of {options.SendBufferBytes}: write smaller pieces, or raise utp.send-buffer."),
        WriteResult.NotConnected => new(FailureCause.Closing, "The connection is not open yet: write after Connected."),
        WriteResult.Closing => Closing,
        WriteResult.MetadataNotNegotiated =>
            new(FailureCause.MetadataNotNegotiated, "Metadata cannot be sent: the connection delivers bytes, or the peer did not negotiate objects or frames; write without it, or set utp.delivery on both ends, or utp.drop-unsupported-metadata."),
        WriteResult.MetadataTooLong =>
            new(FailureCause.MetadataTooLong, $"The metadata is too long: at most {(options.Mode == DeliveryMode.Frames ? 250 : 255)} bytes fit a packet; move the rest into the data."),
        WriteResult.FramesNotNegotiated =>
            new(FailureCause.FramesNotNegotiated, "The peer did not negotiate frames: set utp.delivery = frames on both ends, or bytes here."),
        WriteResult.FrameTooLarge =>
            new(FailureCause.FrameTooLarge, $"{bytes} bytes are more than one frame may have, {options.MaxFrameBytes}: write smaller messages, or raise utp.max-frame-size on both ends."),
        _ => new(FailureCause.InternalError, $"The write failed: {result}."),
    };

    public static Failure Closing { get; } =
        new(FailureCause.Closing, "Our direction of the connection is closed or closing: write before Close.");

    public static Failure WritingSuspended { get; } =
        new(FailureCause.WritingSuspended, "An earlier write failed because the buffer is full: send ResumeWriting, wait for WritingResumed, and write again from the failed write on.");

    public static Failure ResumeAlreadyPending { get; } =
        new(FailureCause.ResumeAlreadyPending, "Another actor waits for WritingResumed: let one actor write, or register with useResumeWriting = false.");

    public static Failure AlreadyRegistered { get; } =
        new(FailureCause.AlreadyRegistered, "The connection has a handler already: register once.");

    public static Failure NoHandler { get; } =
        new(FailureCause.InvalidOption, "Register names no handler: give the actor that is to hear of the connection.");

    public static Failure ShuttingDown { get; } =
        new(FailureCause.ShuttingDown, "The actor system is shutting down: nothing new is opened.");

    public static Failure NotListening { get; } =
        new(FailureCause.ListenerGone, "The listener is unbound or gone, or is no listener: bind first, and name the sender of Bound.");

    /// <summary>A write was taken, but not delivered when the connection ended.</summary>
    public static Failure OfEnd(CloseReason reason) =>
        new(FailureCause.ConnectionEnded, $"The connection ended before the peer acknowledged this write: {SentenceOf(reason)}");

    /// <summary>A write that the peer, who is still there, will not read.</summary>
    public static Failure OfUnread(CloseReason reason) => new(FailureCause.NotRead, $"The peer has stopped reading: {SentenceOf(reason)}");

    /// <summary>A write of ours that we gave up.</summary>
    public static Failure WritingAborted { get; } =
        new(FailureCause.Cancelled, "Writing was aborted at this end before the peer acknowledged this write: it may have arrived, in whole, in part, or not.");

    /// <summary>A file that is to be sent.</summary>
    public static Failure OfFile(string path, Exception exception) =>
        new(FailureCause.FileNotReadable, $"{path} cannot be read: {exception.Message.TrimEnd('.')}. Check that it exists and may be read; if it failed in the middle, what was read before is sent.", exception);

    /// <summary>A file that is shorter than was said.</summary>
    public static Failure OfShortFile(WriteFile command, long missing) => new(
        FailureCause.FileNotReadable, $"{command.Path} ends {missing} bytes before the {command.Count} from {command.Position} on that were to be sent: what there was is sent; ask for no more than the file has.");

    /// <summary>A command to send a file that means nothing.</summary>
    public static Failure OfWriteFile(WriteFile command) => new(
        FailureCause.InvalidOption, $"WriteFile takes a path, a Position and a Count from 0 on: Position is {command.Position}, Count {command.Count}.");

    public static Failure FilesNeedBytes { get; } =
        new(FailureCause.InvalidOption, "WriteFile sends a plain stream of bytes, and this connection sends messages: read the file and send Write commands, or set utp.delivery = bytes.");

    public static Failure NotPulling { get; } =
        new(FailureCause.InvalidOption, "The listener accepts by itself: bind with PullAccepting = true to ask for connections, and leave ResumeAccepting out otherwise.");

    public static Failure AcceptsNothing(int batchSize) =>
        new(FailureCause.InvalidOption, $"BatchSize = {batchSize} is not allowed: ask for at least 1 connection.");

    /// <summary>A command that the actor does not know.</summary>
    public static Failure NotUnderstood(UtpCommand command, string actor) =>
        new(FailureCause.NotUnderstood, $"{command.GetType().Name} is no command for {actor}, or not at this point.");

    /// <summary>A datagram did not leave.</summary>
    public static Failure OfSend(IPEndPoint remote, SendStatus status) => status switch
    {
        SendStatus.WouldBlock or SendStatus.NoBuffers => new(FailureCause.SocketBusy, "The socket's send buffer, or the device's queue, is full: send again later."),
        SendStatus.MessageTooLarge => new(FailureCause.DatagramTooLarge, $"The datagram is larger than the path to {remote} allows: send less than 1,200 bytes."),
        SendStatus.Unreachable => new(FailureCause.Unreachable, $"{remote} cannot be reached: no route leads there."),
        SendStatus.Denied => new(FailureCause.AccessDenied, $"The system does not allow sending to {remote}: check its firewall."),
        SendStatus.ConnectionRefused => new(FailureCause.Refused, $"{remote} answers that nobody listens on that port."),
        _ => new(FailureCause.SocketError, $"The datagram to {remote} could not be sent ({status})."),
    };

    /// <summary>Why a connection ended, for <see cref="ErrorClosed"/>.</summary>
    public static string SentenceOf(CloseReason reason)
    {
        var sentence = reason.Cause switch
        {
            CloseCause.Closed => "it was closed.",
            CloseCause.ConfirmedClosed => "both ends have closed it.",
            CloseCause.PeerClosed => "the peer closed it.",
            CloseCause.Aborted => "it was aborted.",
            CloseCause.Reset when reason.PeerCode == CloseCodes.NotRead => "the peer closed, or gave up reading, before it had read all that was sent: see why it did, and send again what matters.",
            CloseCause.Reset or CloseCause.CutOff when reason.PeerCode == CloseCodes.CutOff => "the peer aborted its writing: what came is not all that it had to say.",
            CloseCause.CutOff => $"the peer aborted its writing, with close reason {reason.PeerCode}: what came is not all that it had to say.",
            CloseCause.Reset when reason.PeerCode is { } code => $"the peer reset it, with close reason {code}.",
            CloseCause.Reset => "the peer reset it.",
            CloseCause.Refused => "the peer's host says that nobody listens on its port any more.",
            CloseCause.Unreachable => "the peer cannot be reached any more.",
            CloseCause.TooManyRetransmissions => "the peer stopped answering; too many retransmissions timed out.",
            CloseCause.IdleTimeout => "nothing was heard from the peer for the idle time-out.",
            CloseCause.HalfOpenExpired => "the peer never confirmed it.",
            CloseCause.ConnectTimeout => "the peer did not answer in time.",
            CloseCause.SocketError => "our socket failed.",
            CloseCause.ProtocolError => "the peer broke the protocol.",
            _ => "it failed.",
        };
        return reason.Detail is { Length: > 0 } detail ? $"{sentence} {detail}" : sentence;
    }
}
