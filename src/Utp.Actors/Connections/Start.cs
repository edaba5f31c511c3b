using System.Diagnostics;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Actors;

/// <summary>The first message to a connection.</summary>
/// <param name="Handle">Its place in the listener's table.</param>
/// <param name="Settings">Of the listener's <see cref="Bind"/>, or of the <see cref="Connect"/>.</param>
/// <param name="Owner">Who hears <see cref="Connected"/>.</param>
/// <param name="PullMode">Whether reading starts suspended.</param>
internal abstract record StartConnection(ConnectionHandle Handle, ConnectionSettings Settings, IActorRef Owner, bool PullMode) : INoSerializationVerificationNeeded
{
    /// <summary>What the core is given.</summary>
    public ConnectionOptions Options => Settings.For(Handle.MtuCeilingBytes, !Handle.Path.Remote.IsIPv4);

    /// <summary>What is to be opened; null: it is accepted.</summary>
    public virtual OpenConnection? Opens => null;

    /// <summary>Whether the handler hears of it only when it has asked (<see cref="AcceptGranted"/>).</summary>
    public virtual bool WaitsForAccept => false;

    /// <summary>The trace of whoever asked for it; default: none.</summary>
    public virtual ActivityContext TraceContext => default;

    /// <summary>Makes the core.</summary>
    public abstract UtpConnection MakeCore(ConnectionOptions options, Instant now);

    /// <summary>Gives back the memory that it holds.</summary>
    public virtual void Release()
    {
    }
}

/// <summary>To a connection that answers a ST_SYN.</summary>
/// <param name="Handle">Its place in the listener's table.</param>
/// <param name="Settings">Of the listener's <see cref="Bind"/>.</param>
/// <param name="Owner">The listener's handler.</param>
/// <param name="PullMode">Whether reading starts suspended.</param>
/// <param name="Batch">The ST_SYN first, or the packet that proves that its answer arrived.</param>
/// <param name="IsProved">Which of these it is.</param>
/// <param name="WaitsForAccept">Whether the handler hears of it only when it has asked (<see cref="AcceptGranted"/>).</param>
internal sealed record StartAcceptor(
    ConnectionHandle Handle, ConnectionSettings Settings, IActorRef Owner, bool PullMode, InboundBatch Batch, bool IsProved, bool WaitsForAccept)
    : StartConnection(Handle, Settings, Owner, PullMode)
{
    /// <inheritdoc/>
    public override bool WaitsForAccept { get; } = WaitsForAccept;

    /// <inheritdoc/>
    public override UtpConnection MakeCore(ConnectionOptions options, Instant now) => IsProved
        ? UtpConnection.AcceptProved(Handle.Seed, options, Batch.Packets[0], now, Handle.Memory)
        : UtpConnection.Accept(Handle.Seed, options, Batch.Packets[0], now, Handle.Memory);

    /// <inheritdoc/>
    public override void Release() => Batch.Release();
}

/// <summary>To a connection that sends a ST_SYN.</summary>
/// <param name="Handle">Its place in the listener's table.</param>
/// <param name="Open">What to open, and for whom.</param>
/// <param name="WindowLimit">What the socket's buffer leaves for the receive window, in bytes.</param>
internal sealed record StartInitiator(ConnectionHandle Handle, OpenConnection Open, long WindowLimit)
    : StartConnection(Handle, Open.Settings, Open.Commander, Open.Connect.PullMode)
{
    /// <inheritdoc/>
    public override OpenConnection? Opens => Open;

    /// <inheritdoc/>
    public override ActivityContext TraceContext => Open.Connect.TraceContext;

    /// <summary>The user's first bytes. Of several connections that are tried only one may carry them.</summary>
    public ReadOnlyMemory<byte> InitialData => Open.IsRace ? default : Open.Connect.InitialData;

    /// <inheritdoc/>
    public override UtpConnection MakeCore(ConnectionOptions options, Instant now) => UtpConnection.Connect(Handle.Seed, options, InitialData, now);
}
