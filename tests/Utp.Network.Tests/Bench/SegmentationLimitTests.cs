using System.Net;
using System.Runtime.InteropServices;
using Utp.Links.Kernel;
using Utp.Sockets;

namespace Utp.Network.Tests.Bench;

/// <summary>A device that segments less than usual (ip link, gso_max_size): runs to its peers are as long as it takes, and arrive merged.</summary>
public sealed partial class SegmentationLimitTests
{
    private const int DeviceBytes = 16_384;
    private const int Segment = 1_000;
    private const int OpenReadOnlyCloseOnExec = 0x80000;

    [LinkTheory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void A_run_is_as_long_as_the_device_of_its_route_segments(string address)
    {
        using var host = NetworkNamespace.Create("gso");
        host.Ip($"link set lo gso_max_size {DeviceBytes}");

        var (limit, within, beyond) = OnHost(host, () =>
        {
            using var sender = Open(address);
            using var receiver = Open(address);
            var path = new UdpPath(UdpEndPoint.From(receiver.LocalEndPoint), default);
            var most = SegmentationLimit.For(path.Remote);
            return (most, Pieces(sender, receiver, path, most), Pieces(sender, receiver, path, DeviceBytes));
        });

        Assert.InRange(limit, DeviceBytes - 80, DeviceBytes - 40);
        Assert.Equal(1, within);

        // What the device does not take is cut before it.
        Assert.Equal((DeviceBytes + Segment - 1) / Segment, beyond);
    }

    // How many datagrams, merged ones as one, a run of so many bytes arrives as.
    private static int Pieces(UdpSocketChannel sender, UdpSocketChannel receiver, in UdpPath path, int bytes)
    {
        Assert.Equal(SendStatus.Sent, sender.Send(path, new byte[bytes], Segment, dontFragment: true));
        var batch = new ReceiveBatch(64, new SlabPool(64 * 1024, 16 * 1024 * 1024));
        receiver.Receive(batch);
        var pieces = batch.Datagrams.Length;
        Assert.Equal(bytes, batch.Datagrams.ToArray().Sum(static datagram => datagram.Length));
        batch.Clear();
        return pieces;
    }

    private static UdpSocketChannel Open(string address)
    {
        var channel = UdpSocketChannel.Bind(new UdpSocketOptions { Bind = new IPEndPoint(IPAddress.Parse(address), 0), Batched = true });
        channel.SetObserver(new Nobody());
        return channel;
    }

    // A thread enters a namespace for good, and what it opens there stays there.
    private static T OnHost<T>(NetworkNamespace host, Func<T> work)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                var descriptor = LibC.Open($"/run/netns/{host.Name}", OpenReadOnlyCloseOnExec);
                Assert.Equal(0, EnterNamespace(descriptor, 0));
                LibC.Close(descriptor);
                result = work();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException(failure.Message, failure);
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int EnterNamespace(int descriptor, int kind);

    private sealed class Nobody : IDatagramChannelObserver
    {
        public void OnReadable()
        {
        }

        public void OnWritable()
        {
        }

        public void OnFailed(Exception cause)
        {
        }

        public void OnPathError(in UdpPath path, SendStatus error, int pathMtu)
        {
        }
    }
}
