using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Utp.Messages;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>Who is slow stops the other end, and what waits between them is bounded.</summary>
public sealed class BackPressureTests
{
    private const int Block = 16 << 10;

    // Of either end: what it sends and what it receives; and all the buffers of the server and of the client's face beside them.
    private const int Window = 256 << 10;
    private const int Beside = 1 << 20;

    private static readonly UtpOptions Small = new() { SendBufferBytes = Window, MaxReceiveWindowBytes = Window };

    [Theory]
    [InlineData("1.1", false)]
    [InlineData("2.0", true)]
    public async Task A_client_that_does_not_read_stops_the_servers_writer_until_it_does(string version, bool tls)
    {
        const int Blocks = 20 * TestTools.Megabyte / Block;
        var written = 0L;
        await using var server = await Server.StartAsync(
            app => app.MapGet("/", async (HttpContext http) =>
            {
                for (var i = 0; i < Blocks; i++)
                {
                    await http.Response.Body.WriteAsync(new byte[Block]);
                    Interlocked.Add(ref written, Block);
                }
            }),
            version == "1.1" ? HttpProtocols.Http1 : HttpProtocols.Http2,
            tls,
            static builder =>
            {
                builder.WebHost.UseUtp(static utp => utp.Listener = new UtpListenerOptions { Protocol = Small });

                // It is not to be cut off for being slow.
                builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MinResponseDataRate = null);
            });
        using var client = Server.NewClient(Version.Parse(version), new UtpClientOptions { Protocol = Small });
        await using var body = await client.GetStreamAsync(server.Url).Soon();

        var waiting = await TestTools.SettledAsync(() => Volatile.Read(ref written));
        Assert.InRange(waiting, Block, (2 * Window) + Beside);

        var (_, length) = await body.ReadHashAsync().Soon();
        Assert.Equal((long)Blocks * Block, length);
    }

    [Fact]
    public async Task A_server_that_does_not_read_stops_the_client_until_it_does()
    {
        const int Blocks = 20 * TestTools.Megabyte / Block;
        const int ReadAhead = 64 << 10;
        var read = new TaskCompletionSource();
        await using var server = await Server.StartAsync(
            app => app.MapPost("/", async (HttpContext http) =>
            {
                await read.Task.Soon();
                return (await http.Request.Body.ReadHashAsync()).Length;
            }),
            configure: static builder =>
            {
                builder.WebHost.UseUtp(static utp =>
                {
                    utp.Listener = new UtpListenerOptions { Protocol = Small };
                    utp.MaxReadBufferSize = ReadAhead;
                });
                builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
            });
        using var client = Server.NewClient(options: new UtpClientOptions { Protocol = Small });
        using var content = new BlockContent(Blocks);
        var posting = client.PostAsync(server.Url, content);

        var waiting = await TestTools.SettledAsync(() => content.Written);
        Assert.InRange(waiting, Block, (2 * Window) + Beside);

        read.SetResult();
        using var response = await posting.Soon();
        Assert.Equal($"{(long)Blocks * Block}", await response.Content.ReadAsStringAsync().Soon());
    }

    private sealed class BlockContent(int count) : HttpContent
    {
        private long _written;

        public long Written => Volatile.Read(ref _written);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            for (var i = 0; i < count; i++)
            {
                await stream.WriteAsync(new byte[Block]);
                Interlocked.Add(ref _written, Block);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = (long)count * Block;
            return true;
        }
    }
}
