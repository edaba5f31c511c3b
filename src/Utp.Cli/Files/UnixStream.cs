using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>A Unix domain socket by its path, as a stream: as a client of whoever listens there.</summary>
internal static class UnixStream
{
    /// <exception cref="SocketException">Nobody listens there, or it is no socket for streams.</exception>
    public static async Task<NetworkStream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
