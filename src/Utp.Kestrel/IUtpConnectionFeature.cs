using Utp.Streams;

namespace Utp.Kestrel;

/// <summary>
/// The uTP connection under a request or a connection: <c>context.Features.Get&lt;IUtpConnectionFeature&gt;()</c>, which is null where another transport carries it.
/// </summary>
public interface IUtpConnectionFeature
{
    /// <summary>The connection: its statistics, its end. It is the server's: do not read, write or dispose of it.</summary>
    UtpStream Stream { get; }
}
