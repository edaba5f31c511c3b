using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Cli;

/// <summary>What went wrong and what to do, in one sentence. What a command knows better than the library is said here; for all else the library's sentence stands.</summary>
internal static class Sentences
{
    public const string Interrupted = "Interrupted before it was done: run the command again to start over.";

    public static string Bind(string address, CommandFailed failed) => failed.Cause switch
    {
        FailureCause.AddressInUse => $"{address} is in use: stop the program that uses it, or choose another port (0 takes any free one).",
        FailureCause.AddressNotAvailable => $"{address} is none of this machine's addresses: choose one of them, or 0.0.0.0 for all.",
        FailureCause.AccessDenied => $"{address} may not be bound by this user: choose a port above 1023.",
        _ => OneLine(failed.Message),
    };

    public static string Connect(string address, CommandFailed failed) => failed.Cause switch
    {
        FailureCause.UnknownHost => $"The host of {address} has no address: check its name.",
        FailureCause.ConnectTimeout => $"{address} did not answer in time: check that a uTP program listens there and that no firewall drops UDP.",
        FailureCause.Refused => $"{address} refused the connection: start the program that listens there, or check the port.",
        FailureCause.Unreachable => $"No route leads to {address}: check the address and the network.",
        _ => OneLine(failed.Message),
    };

    public static string Ended(string address, ConnectionClosed closed) => closed.Reason.Cause switch
    {
        CloseCause.Reset when TransferCodes.Sentence(address, closed.Reason.PeerCode) is { } sentence => sentence,
        // Nobody was there to send a ST_RESET: ICMP said so, and proved it.
        CloseCause.Reset when closed.Reason.Detail is not null =>
            $"The program at {address} is gone: its host answers that the port is closed; start it again, and repeat the transfer.",
        CloseCause.Reset => $"{address} reset the connection: see what happened there, then try again.",
        CloseCause.TooManyRetransmissions => $"{address} stopped answering: check the network and the program there, then try again.",
        CloseCause.IdleTimeout => $"Nothing was heard from {address} for the idle time-out: check the network, or raise it with --set utp.idle-timeout=….",
        _ => OneLine(closed.Cause ?? $"The connection to {address} ended early ({closed.Reason.Cause}): try again."),
    };

    /// <summary>A connection's actor is gone without a word, which is a defect.</summary>
    public static string Vanished(IActorRef connection) => $"The connection {connection.Path.Name} stopped without a reason: please report this.";

    /// <summary>What another program or library said, as a part of a sentence: one line, no control characters (a file that was taken for text may hold any), and not too long.</summary>
    public static string OneLine(string text)
    {
        const int MostCharacters = 400;
        var line = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        line = string.Concat(line.Select(static c => char.IsControl(c) || c == '\uFFFD' ? '?' : c));
        return line.Length <= MostCharacters ? line : line[..MostCharacters] + "…";
    }
}
