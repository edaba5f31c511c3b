using System.Net;
using Xunit.Sdk;

namespace Utp.Streams.Tests;

/// <summary>Two ends of one connection over loopback, and the listener that accepted it.</summary>
internal sealed class StreamPair : IAsyncDisposable
{
    private StreamPair(UtpListener listener, UtpStream client, UtpStream server)
    {
        Listener = listener;
        Client = client;
        Server = server;
    }

    public UtpListener Listener { get; }

    public UtpStream Client { get; }

    public UtpStream Server { get; }

    public static IPEndPoint Loopback => new(IPAddress.Loopback, 0);

    public static async Task<StreamPair> OpenAsync(UtpClientOptions? client = null, UtpListenerOptions? server = null)
    {
        var listener = await UtpListener.BindAsync(Loopback, server);
        var connecting = UtpClient.ConnectAsync(listener.LocalEndPoint, client);
        var accepted = await listener.AcceptAsync().AsTask().Soon();
        return new StreamPair(listener, await connecting.Soon(), accepted);
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        await Task.WhenAll(Client.DisposeAsync().AsTask(), Server.DisposeAsync().AsTask()).Soon();
    }
}

/// <summary>What the tests share.</summary>
internal static class TestTools
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A test that would hang fails instead.</summary>
    public static Task Soon(this Task task) => task.WaitAsync(Patience);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Patience);

    public static Task Soon(this ValueTask task) => task.AsTask().WaitAsync(Patience);

    public static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Exactly so many bytes.</summary>
    public static async Task<byte[]> ReadAsync(this Stream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).Soon();
        return bytes;
    }

    /// <summary>All until the end.</summary>
    public static async Task<byte[]> ReadToEndAsync(this Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all).Soon();
        return all.ToArray();
    }

    /// <summary>Until it is so: what another thread does cannot be awaited otherwise.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 6_000; i++)
        {
            if (condition())
                return;
            await Task.Delay(10);
        }

        throw new XunitException("It did not happen within a minute.");
    }
}
