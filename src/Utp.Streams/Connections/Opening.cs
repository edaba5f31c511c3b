using System.Net;
using Utp.Messages;
using Utp.Protocol;

namespace Utp.Streams;

/// <summary>Opens connections, for all faces.</summary>
internal static class Opening
{
    // What a ST_SYN carries beside the payload: the header and the capabilities (protocol.md §3.2).
    private const int SynOverhead = 20 + 2 + CapabilitiesExtension.Length;
    private const int FirstDatagramBytes = 1_200;

    /// <summary>The host by name, or by address.</summary>
    /// <exception cref="ArgumentException">No host, or no port.</exception>
    public static EndPoint EndPointOf(string host, int port)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        return IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }

    /// <summary>An open connection.</summary>
    /// <param name="remote">Where to.</param>
    /// <param name="options">How.</param>
    /// <param name="mode">Of the face.</param>
    /// <param name="through">The listener whose port is used, with its system; null: a port as the options say.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UtpException">It could not be opened.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public static async Task<ConnectionRef> OpenAsync(EndPoint remote, UtpClientOptions options, DeliveryMode mode, ListenerRef? through, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        SystemLease lease;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            lease = await SystemLease.TakeAsync(through?.System ?? options.ActorSystem, options.LoggerFactory).ConfigureAwait(false);
        }
        catch
        {
            options.Socket?.Dispose();
            throw;
        }

        var opening = new ConnectionRef(lease, FaceSettings.Of(lease.Utp.Settings, options, mode, options.InitialData.Length));
        try
        {
            CheckInitialData(options, lease);
            var connect = new Connect(remote)
            {
                Listener = through?.Listener,
                LocalAddress = options.LocalEndPoint,
                Socket = options.Socket,
                ClientPort = options.ClientPort,
                Timeout = options.ConnectTimeout,
                Options = ProtocolOf(options, mode),
                InitialData = options.InitialData,
                Cancellation = cancellationToken,
            };
            lease.Utp.Manager.Tell(connect, opening);

            // A system that is gone answers nobody.
            if (await Task.WhenAny(opening.WhenOpen, lease.System.WhenTerminated).ConfigureAwait(false) != opening.WhenOpen)
                opening.FailToOpen(SystemGone());
            await opening.WhenOpen.ConfigureAwait(false);
            return opening;
        }
        catch (UtpException e) when (e.FailureCause == FailureCause.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (UtpException e) when (!opening.WhenOpen.IsCompleted)
        {
            options.Socket?.Dispose();
            opening.FailToOpen(e);
            throw;
        }
    }

    /// <summary>The user's options, for the face that was asked for.</summary>
    public static UtpOptions ProtocolOf(UtpConnectionOptions options, DeliveryMode mode) => (options.Protocol ?? new UtpOptions()) with { Delivery = mode };

    /// <summary>Frames, unless the user asks for objects.</summary>
    public static DeliveryMode MessageMode(UtpConnectionOptions options) =>
        options.Protocol?.Delivery == DeliveryMode.Objects ? DeliveryMode.Objects : DeliveryMode.Frames;

    /// <summary>What whoever waits hears when the actor system has ended.</summary>
    public static UtpException SystemGone() => new(FailureCause.ShuttingDown, "The actor system is terminated: give one that runs, or none for a private one.");

    private static void CheckInitialData(UtpClientOptions options, SystemLease lease)
    {
        // A size that is none is told by its name, by who checks it.
        if (options.InitialData.IsEmpty)
            return;
        var datagram = options.Protocol?.MaxDatagramBytes ?? lease.Utp.Settings.MaxDatagramBytes;
        var limit = Math.Min(FirstDatagramBytes, datagram > 0 ? datagram : FirstDatagramBytes) - SynOverhead;
        if (options.InitialData.Length > limit)
        {
            throw new UtpException(
                FailureCause.InvalidOption, $"The initial data is {options.InitialData.Length} bytes, and the first packet takes {limit}: put what fits there, and write the rest once connected.");
        }
    }
}
