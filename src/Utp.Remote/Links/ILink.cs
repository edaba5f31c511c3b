using Akka.Actor;
using Utp.Messages;

namespace Utp.Remote;

/// <summary>One connection as a lane sees it: plain, or with TLS.</summary>
internal interface ILink : IPieceSink
{
    /// <summary>Opens a connection. <see cref="ILinkUser.OnOpen"/> or <see cref="ILinkUser.OnOpenFailed"/> follows.</summary>
    void Connect(IActorRef manager, Connect connect);

    /// <summary>Takes one that was accepted.</summary>
    void Accept(Connected connected, IActorRef connection);

    /// <summary>Whose pieces are reported: another queue's from now on.</summary>
    void Serve(ByteQueue queue);

    /// <summary>What arrives stays in the connection, whose window closes.</summary>
    void SuspendReading();

    /// <summary>Ends <see cref="SuspendReading"/>.</summary>
    void ResumeReading();

    /// <summary>Ends at once, by a reset; one that opens later ends then.</summary>
    /// <returns>False: it was not open, and nothing is heard of it any more.</returns>
    bool Abort();
}

/// <summary>Hears what happens to a link. Short, and without exceptions: it runs on the connection's thread.</summary>
internal interface ILinkUser
{
    /// <summary>It is open: pieces may be sent.</summary>
    void OnOpen(Connected connected);

    /// <summary>It could not be opened. Nothing follows.</summary>
    /// <param name="message">What happened, in one sentence.</param>
    /// <param name="exception">The exception behind it, if there was one.</param>
    void OnOpenFailed(string message, Exception? exception);

    /// <summary>Bytes have arrived; the delivery is the user's.</summary>
    void OnReceived(Received received);

    /// <summary>The peer has closed its direction; all it sent was told before.</summary>
    void OnPeerFinished();

    /// <summary>It is over. Nothing follows.</summary>
    void OnOver(ConnectionClosed closed);
}
