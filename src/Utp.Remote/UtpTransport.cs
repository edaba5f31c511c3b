using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Remote;

/// <summary>
/// The transport of Akka.Remote over uTP. Chosen by configuration alone: <c>akka.remote.enabled-transports = ["akka.remote.utp"]</c>, and
/// <c>akka.remote.utp.transport-class = "Utp.Remote.UtpTransport, Utp.Remote"</c>. The keys of its section are described in <c>config/utp-remote.hocon</c>.
/// </summary>
public sealed class UtpTransport : Transport
{
    private static readonly ConditionalWeakTable<ActorSystem, List<UtpTransport>> Started = [];
    private static readonly TimeSpan ResumeAttempt = TimeSpan.FromSeconds(2);
    private static int _instances;

    private readonly ConcurrentDictionary<Guid, UtpAssociationHandle> _associations = new();
    private readonly TaskCompletionSource<IAssociationEventListener> _listener = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _maxToldBytes;
    private readonly SeparateUtp _utp;
    private Port? _port;
    private Address? _localAddress;
    private volatile bool _shutDown;
    private int _tlsFailureLogged;

    /// <summary>Called by Akka.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="config">The transport's section.</param>
    /// <exception cref="ConfigurationException">A value is wrong or a key unknown; the message names it, and what is allowed.</exception>
    public UtpTransport(ActorSystem system, Config config)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(config);
        System = system;
        Config = config;
        Log = Logging.GetLogger(system, typeof(UtpTransport));
        Settings = UtpTransportSettings.Parse(config, system.Settings.Config, system.Settings.Setup.Get<UtpRemoteTlsSetup>() is { HasValue: true } tls ? tls.Value : null);
        SchemeIdentifier = Settings.Tls is null ? Settings.Scheme : "ssl." + Settings.Scheme;
        MaximumPayloadBytes = Settings.LargeDestinations.IsEmpty ? Settings.MaxFrameBytes : Math.Max(Settings.MaxFrameBytes, Settings.MaxLargeFrameBytes);
        if (Settings.IgnoredKeys.Count > 0)
            Log.Warning("Settings that mean nothing over uTP, and are ignored: {Keys}. [{UtpEvent}]", string.Join(", ", Settings.IgnoredKeys), UtpLogEvents.RemoteSettingsIgnored);
        _utp = SeparateUtp.Start(system, Settings.Utp, "utp-remote-" + Interlocked.Increment(ref _instances));
        _maxToldBytes = _utp.Settings.Connection.SendBufferBytes;
        var started = Started.GetOrCreateValue(system);
        lock (started)
            started.Add(this);
    }

    /// <summary>How it is now. Any thread.</summary>
    public UtpTransportStatus Status => new(
        _localAddress, _associations.Count, _associations.Values.Sum(static association => association.HeldBytes), _shutDown ? "It was shut down." : _port?.Failure);

    internal ILoggingAdapter Log { get; }

    internal UtpTransportSettings Settings { get; }

    /// <summary>Associations that are open, or closing.</summary>
    internal int Associations => _associations.Count;

    /// <summary>The transports of an actor system that are uTP, in the order in which they were started; empty: none is. Any thread.</summary>
    public static IReadOnlyList<UtpTransport> Of(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        if (!Started.TryGetValue(system, out var started))
            return [];
        lock (started)
            return [.. started];
    }

    /// <inheritdoc/>
    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        try
        {
            var local = await AddressResolver.LocalAsync(Settings).ConfigureAwait(false);
            _port = await Port.BindAsync(System, _utp.Manager, local, Settings.Backlog, Accept).WaitAsync(Settings.ConnectionTimeout).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.Error("The uTP transport cannot listen: {Cause} [{UtpEvent}]", e.Message, UtpLogEvents.RemoteCannotListen);
            await Shutdown().ConfigureAwait(false);
            throw;
        }

        var host = Settings.PublicHostname.Length > 0 ? Settings.PublicHostname : Settings.Hostname;
        _localAddress = new Address(
            SchemeIdentifier, System.Name, AddressResolver.HostOf(host.Length > 0 ? host : _port.LocalEndPoint.Address.ToString()),
            Settings.PublicPort > 0 ? Settings.PublicPort : _port.LocalEndPoint.Port);
        if (host.Length == 0)
            Log.Warning("Neither hostname nor public-hostname is set: this node calls itself {Address}, where other machines do not reach it. [{UtpEvent}]", _localAddress, UtpLogEvents.RemoteWithoutHostname);
        return (_localAddress, _listener);
    }

    /// <inheritdoc/>
    public override bool IsResponsibleFor(Address remote) => true;

    /// <inheritdoc/>
    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        ArgumentNullException.ThrowIfNull(remoteAddress);
        if (_port is not { } port || _shutDown)
            throw new InvalidAssociationException($"Failed to associate with {remoteAddress}: the transport is not listening.");
        var remotes = await AddressResolver.RemoteAsync(remoteAddress, port.LocalEndPoint.AddressFamily, Settings).ConfigureAwait(false);
        InvalidAssociationException? failure = null;
        foreach (var remote in remotes)
        {
            try
            {
                return await AssociateAsync(port, remoteAddress, remote).ConfigureAwait(false);
            }
            catch (InvalidAssociationException e)
            {
                failure = e;
            }
        }

        throw failure!;
    }

    /// <inheritdoc/>
    public override Task<bool> ManagementCommand(object message) => Task.FromResult(true);

    /// <inheritdoc/>
    public override async Task<bool> Shutdown()
    {
        _shutDown = true;
        var open = _associations.Values.ToArray();
        foreach (var association in open)
            association.Close();
        var clean = true;
        try
        {
            await Task.WhenAll(open.Select(static association => association.WhenOver)).WaitAsync(Settings.FlushTimeout + TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            clean = false;
        }

        return await _utp.StopAsync(TimeSpan.FromSeconds(3)).ConfigureAwait(false) && clean;
    }

    internal void Forget(UtpAssociationHandle association) => _associations.TryRemove(association.Token, out _);

    /// <summary>Opens a connection for a lane that has lost its own. To the address that the lane was opened with: of who accepted it that is the initiator's port, where it listens, too.</summary>
    internal void Resume(UtpAssociationHandle association, Lane lane)
    {
        if (_shutDown || _port is not { } port || lane.Connected is not { } connected)
            return;
        lane.Resume(
            _utp.Manager, new Connect(connected.RemoteAddress) { Listener = port.Listener, Timeout = ResumeAttempt }, association.HostOfPeer ?? connected.RemoteAddress.Address.ToString(),
            received => Hello.Resume(lane.Index, association.Layout, association.Token, received));
    }

    private async Task<AssociationHandle> AssociateAsync(Port port, Address remoteAddress, IPEndPoint remote)
    {
        var token = new Guid(RandomNumberGenerator.GetBytes(16));
        var connect = new Connect(remote) { Listener = port.Listener, Timeout = Settings.ConnectionTimeout };
        var association = new UtpAssociationHandle(this, _localAddress!, remoteAddress, token, (owner, index) =>
            Lane.Create(System, Settings, _maxToldBytes, owner, Hello.Open(index, index == 0 ? Settings.Layout : owner.Layout, token), _utp.Manager, connect, remoteAddress.Host!));
        _associations[token] = association;
        association.Open();
        try
        {
            await association.WhenReady.WaitAsync(Settings.ConnectionTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            association.Abort();
            throw new InvalidAssociationException($"Failed to associate with {remoteAddress}: nothing answered in the protocol of Utp.Remote within {Settings.ConnectionTimeout.TotalSeconds:0.#} s (connection-timeout).");
        }

        association.ExpectReadHandler(Settings.ConnectionTimeout);
        return association;
    }

    // On the connection's thread.
    private void Accept(Connected connected, IActorRef connection)
    {
        var lane = Lane.Accept(System, Settings, _maxToldBytes, connected, connection, FindOwner, OnStrangerFailed);
        System.Scheduler.Advanced.ScheduleOnce(Settings.ConnectionTimeout, lane.AbortWithoutHello);
    }

    // Whoever can reach the port can have this logged: at debug level, but for TLS, whose trouble is mostly a certificate of ours.
    private void OnStrangerFailed(Lane lane, string cause)
    {
        if (Settings.Tls is not null && Interlocked.Exchange(ref _tlsFailureLogged, 1) == 0)
            Log.Warning("A connection from {Peer} ended before its first message: {Cause} Further ones are logged at debug level. [{UtpEvent}]", lane.Connected?.RemoteAddress, cause, UtpLogEvents.RemoteStrangerFailed);
        else
            Log.Debug("A connection from {Peer} ended before its first message: {Cause} [{UtpEvent}]", lane.Connected?.RemoteAddress, cause, UtpLogEvents.RemoteStrangerFailed);
    }

    private UtpAssociationHandle? FindOwner(Lane lane, Hello hello)
    {
        if (_shutDown)
            lane.Refuse(HelloRefusal.ShuttingDown, hello.Token);
        else if (hello.Version != Hello.CurrentVersion)
            RefuseVersion(lane, hello);
        else if (hello.Kind == HelloKind.Resume)
            ResumeLane(lane, hello);
        else if (hello.Kind != HelloKind.Open || !LaneLayout.TryRead(hello.Lanes, out var layout))
            lane.Refuse(HelloRefusal.UnknownAssociation, hello.Token);
        else
            return hello.Lane == 0 ? AcceptAssociation(lane, hello, layout) : AcceptLane(lane, hello, layout);
        return null;
    }

    // The lane that is resumed takes the connection over; if it does not, this one says why.
    private void ResumeLane(Lane lane, Hello hello)
    {
        var why = LaneLayout.TryRead(hello.Lanes, out var layout) && _associations.TryGetValue(hello.Token, out var association)
            ? association.TryResume(lane, hello, layout)
            : HelloRefusal.UnknownAssociation;
        if (why != HelloRefusal.None)
            lane.Refuse(why, hello.Token);
    }

    private UtpAssociationHandle? AcceptLane(Lane lane, Hello hello, LaneLayout layout)
    {
        if (_associations.TryGetValue(hello.Token, out var association) && association.TryAdd(lane, hello.Lane, layout))
        {
            lane.Answer(Hello.Accept(hello.Lane, layout, hello.Token));
            return association;
        }

        lane.Refuse(HelloRefusal.UnknownAssociation, hello.Token);
        return null;
    }

    private UtpAssociationHandle? AcceptAssociation(Lane lane, Hello hello, LaneLayout asked)
    {
        var layout = Settings.Layout.Grant(asked);
        var remote = lane.Connected!.RemoteAddress;
        var address = new Address(SchemeIdentifier, System.Name, AddressResolver.HostOf(remote.Address.ToString()), remote.Port);
        var association = new UtpAssociationHandle(this, _localAddress!, address, hello.Token, layout);
        if (!_associations.TryAdd(hello.Token, association) || !association.TryAdd(lane, 0, layout))
        {
            lane.Refuse(HelloRefusal.UnknownAssociation, hello.Token);
            return null;
        }

        lane.Answer(Hello.Accept(0, layout, hello.Token));
        _ = TellAsync(association);
        return association;
    }

    private async Task TellAsync(UtpAssociationHandle association)
    {
        var listener = await _listener.Task.ConfigureAwait(false);
        association.ExpectReadHandler(Settings.ConnectionTimeout);
        listener.Notify(new InboundAssociation(association));
    }

    private void RefuseVersion(Lane lane, Hello hello)
    {
        Log.Warning(
            "Refused an association from {Peer}: it speaks version {PeerVersion} of the frames of Utp.Remote, and this node version {Version}. Run the same release on both. [{UtpEvent}]",
            lane.Connected?.RemoteAddress, hello.Version, Hello.CurrentVersion, UtpLogEvents.RemoteVersionRefused);
        lane.Refuse(HelloRefusal.Version, hello.Token);
    }
}
