using System.Net;
using Akka.Actor;
using Utp.Messages;
using Utp.Protocol;
using Utp.Sockets;

namespace Utp.Actors;

/// <summary>
/// A connection as <see cref="ConnectionDirectory"/> shows it. The connection's actor, which alone calls its methods, renews the summary at samples; anybody reads it.
/// </summary>
internal sealed class LiveConnection
{
    private readonly ConnectionDirectory _directory;
    private readonly IActorRef _connection;
    private readonly UdpEndPoint _remote;
    private readonly Func<IPEndPoint> _local;
    private readonly bool _isAcceptor;
    private readonly DateTimeOffset _began = DateTimeOffset.UtcNow;
    private long _id;
    private ConnectionSummary? _summary;
    private bool _hasLeft;

    /// <summary>A connection is made.</summary>
    /// <param name="directory">Where it is listed from <see cref="Enter"/> until <see cref="Leave"/>.</param>
    /// <param name="connection">Its actor.</param>
    /// <param name="remote">The peer.</param>
    /// <param name="local">Finds our address; called at samples.</param>
    /// <param name="isAcceptor">Whether the peer opens it.</param>
    public LiveConnection(ConnectionDirectory directory, IActorRef connection, UdpEndPoint remote, Func<IPEndPoint> local, bool isAcceptor)
    {
        (_directory, _connection, _remote, _local, _isAcceptor) = (directory, connection, remote, local, isAcceptor);
    }

    /// <summary>The directory's.</summary>
    public LiveConnection? Previous { get; set; }

    /// <summary>The directory's.</summary>
    public LiveConnection? Next { get; set; }

    /// <summary>The directory's: it is among those that ended.</summary>
    public bool HasEnded { get; set; }

    /// <summary>What is known of it.</summary>
    public ConnectionSummary Summary
    {
        get
        {
            if (Volatile.Read(ref _summary) is { } known)
                return known;
            var first = Describe();
            return Interlocked.CompareExchange(ref _summary, first, null) ?? first;
        }
    }

    /// <summary>It begins, and is listed.</summary>
    public void Enter() => _id = _directory.Add(this);

    /// <summary>It is sampled.</summary>
    /// <param name="stats">What it has done.</param>
    /// <param name="sent">Payload sent since the sample before, bytes.</param>
    /// <param name="received">Payload received since the sample before, bytes.</param>
    /// <param name="micros">How long it moved for that.</param>
    public void OnSample(in ConnectionStats stats, long sent, long received, long micros)
    {
        if (!_directory.IsAsked || _hasLeft)
            return;
        var perSecond = micros > 0 ? 1e6 / micros : 0;
        var known = Summary;
        Volatile.Write(ref _summary, known with
        {
            LocalAddress = known.LocalAddress ?? _local(),
            Sampled = DateTimeOffset.UtcNow,
            SentPerSecond = Math.Max(0, sent) * perSecond,
            ReceivedPerSecond = Math.Max(0, received) * perSecond,
            Statistics = stats,
        });
    }

    /// <summary>It has ended; once.</summary>
    public void OnEnded(CloseReason reason, in ConnectionStats stats)
    {
        var summary = Summary with { Statistics = stats, SentPerSecond = 0, ReceivedPerSecond = 0 };
        _directory.AddEnded(this, new EndedConnection(summary, DateTimeOffset.UtcNow, reason, Failures.SentenceOf(reason)));
    }

    /// <summary>It is there no more.</summary>
    public void Leave()
    {
        if (_hasLeft || _id == 0)
            return;
        _hasLeft = true;
        _directory.Remove(this);
    }

    private ConnectionSummary Describe() => new()
    {
        Id = _id,
        Connection = _connection,
        RemoteAddress = _remote.ToIPEndPoint(),
        IsAcceptor = _isAcceptor,
        Began = _began,
    };
}
