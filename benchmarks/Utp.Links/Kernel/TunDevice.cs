using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Utp.Links.Kernel;

/// <summary>
/// A TUN device: what the kernel routes to it is read here packet by packet, and what is written here the kernel takes for received. It offers no
/// segmentation, so the kernel cuts before it hands over. Owned by one router; it vanishes when disposed. Read and written by one thread at a time.
/// </summary>
internal sealed unsafe class TunDevice : IDisposable
{
    private const int NameBytes = 16;
    private const int RequestBytes = 40;
    private int _descriptor;

    private TunDevice(int descriptor, string name) => (_descriptor, Name) = (descriptor, name);

    /// <summary>At most 15 characters; it stays the device's when that moves to another namespace.</summary>
    public string Name { get; }

    public int Descriptor => _descriptor;

    /// <summary>Makes the device in the namespace of the process.</summary>
    /// <exception cref="Win32Exception">There is no TUN on this machine, or it is not allowed.</exception>
    public static TunDevice Create(string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Encoding.ASCII.GetByteCount(name), NameBytes, nameof(name));
        var descriptor = LibC.Open("/dev/net/tun", LibC.O_RDWR | LibC.O_NONBLOCK | LibC.O_CLOEXEC);
        if (descriptor < 0)
            throw Error("/dev/net/tun cannot be opened: is this root, and has the kernel TUN?");
        // struct ifreq: the name, then the flags.
        var request = stackalloc byte[RequestBytes];
        new Span<byte>(request, RequestBytes).Clear();
        Encoding.ASCII.GetBytes(name, new Span<byte>(request, NameBytes));
        *(short*)(request + NameBytes) = LibC.IFF_TUN | LibC.IFF_NO_PI;
        if (LibC.Control(descriptor, LibC.TUNSETIFF, request) >= 0)
            return new TunDevice(descriptor, name);
        var error = Error($"The TUN device {name} cannot be made");
        _ = LibC.Close(descriptor);
        throw error;
    }

    /// <summary>The next packet; 0 when there is none now.</summary>
    /// <exception cref="Win32Exception">The device is down, or gone.</exception>
    public int Read(byte* buffer, int bytes)
    {
        var count = LibC.Read(_descriptor, buffer, (nuint)bytes);
        if (count >= 0)
            return (int)count;
        return Marshal.GetLastPInvokeError() is LibC.EAGAIN or LibC.EINTR ? 0 : throw Error($"{Name} cannot be read");
    }

    /// <summary>Gives the kernel a packet; false when it does not take it.</summary>
    public bool Write(byte* buffer, int bytes) => LibC.Write(_descriptor, buffer, (nuint)bytes) == bytes;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _descriptor, -1) is >= 0 and var descriptor)
            _ = LibC.Close(descriptor);
    }

    private static Win32Exception Error(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new Win32Exception(error, $"{what} ({Marshal.GetPInvokeErrorMessage(error)}).");
    }
}
