using System.Buffers;
using System.Net;
using Akka.Actor;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Utp.Messages;
using Utp.Streams;

namespace Utp.Kestrel;

/// <summary>Binds the <see cref="UtpEndPoint"/>s of a server, and no other end points.</summary>
/// <param name="options">Of all of them.</param>
/// <param name="services">Where an actor system may be, and the server's memory.</param>
internal sealed class UtpTransportFactory(IOptions<UtpTransportOptions> options, IServiceProvider services) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is UtpEndPoint;

    /// <exception cref="AddressInUseException">What Kestrel shows as "address already in use".</exception>
    /// <exception cref="UtpException">It cannot be bound for another reason.</exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is not UtpEndPoint { IPEndPoint: var address })
            throw new NotSupportedException($"{endpoint} is no UtpEndPoint: tell Kestrel to listen on new UtpEndPoint(address, port) for uTP.");
        var transport = options.Value;
        var listening = transport.Listener;
        if (listening.ActorSystem is null && services.GetService<ActorSystem>() is { } system)
            listening = listening with { ActorSystem = system };
        listening = listening with { LoggerFactory = listening.LoggerFactory ?? services.GetService<ILoggerFactory>() };
        try
        {
            var listener = await UtpListener.BindAsync(address, listening, cancellationToken).ConfigureAwait(false);
            var memory = services.GetService<IMemoryPoolFactory<byte>>()?.Create() ?? MemoryPool<byte>.Shared;
            return new UtpConnectionListener(listener, memory, transport.MaxReadBufferSize);
        }
        catch (UtpException e) when (e.FailureCause == FailureCause.AddressInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }
    }
}
