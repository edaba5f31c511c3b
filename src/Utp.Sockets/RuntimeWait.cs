using System.Net.Sockets;

namespace Utp.Sockets;

/// <summary>Waits by what the runtime offers on every system. It also learns when somebody else closes the socket.</summary>
internal sealed class RuntimeWait : SocketWait
{
    private readonly ReadableWait _readable;
    private readonly WritableWait _writable;

    public RuntimeWait(Socket socket, SocketEvents events)
    {
        _readable = new ReadableWait(socket, events);
        _writable = new WritableWait(socket, events);
    }

    public override void RequestReadable() => _readable.Request();

    public override void RequestWritable() => _writable.Request();

    public override void Dispose()
    {
        _readable.Dispose();
        _writable.Dispose();
    }
}
