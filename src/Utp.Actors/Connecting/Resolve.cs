using System.Net;
using System.Net.Sockets;
using Akka.Actor.Setup;

namespace Utp.Actors;

/// <summary>Asks for the addresses of a host, in the order in which they should be tried (RFC 6724).</summary>
/// <param name="host">The name.</param>
/// <param name="family">Unspecified: both IP versions.</param>
/// <param name="cancellation">Ends the question.</param>
/// <exception cref="SocketException">The name has no address, or the name server did not answer.</exception>
public delegate Task<IPAddress[]> Resolve(string host, AddressFamily family, CancellationToken cancellation);

/// <summary>Replaces how host names are resolved, for tests and for resolvers of one's own: handed to <c>ActorSystem.Create</c> with the system's other setups.</summary>
/// <param name="resolve">Resolves a name. Called on an actor's thread; must not block it.</param>
public sealed class UtpResolverSetup(Resolve resolve) : Setup
{
    /// <summary>Resolves a name.</summary>
    public Resolve Resolve { get; } = resolve;
}
