using System.Buffers;
using System.Net;
using System.Text;
using Akka.Actor;
using Utp.Messages;

namespace Utp.Streams.Tests;

/// <summary>The code that docs/guide-streams.md shows, run.</summary>
public sealed class GuideTests
{
    [Fact]
    public async Task The_echo_and_its_client_talk()
    {
        #region listen
        await using var listener = await UtpListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var serving = Task.Run(async () =>
        {
            await foreach (var stream in listener.AcceptAllAsync())
                _ = EchoAsync(stream);
        });
        #endregion

        var port = listener.LocalEndPoint.Port;

        #region connect
        await using var client = await UtpClient.ConnectAsync("localhost", port);
        await client.WriteAsync("Hello, uTP!\n"u8.ToArray());
        await client.CompleteWritesAsync();
        using var reader = new StreamReader(client);
        var answer = await reader.ReadToEndAsync();
        #endregion

        Assert.Equal("Hello, uTP!\n", answer);
        await listener.DisposeAsync();
        await serving.Soon();
    }

    [Fact]
    public async Task Errors_and_delivery_are_told()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        var endPoint = listener.LocalEndPoint;
        var file = new byte[100_000];
        var serving = Task.Run(async () =>
        {
            await using var stream = await listener.AcceptAsync();
            return (await stream.ReadToEndAsync()).Length;
        });
        var sentences = new StringWriter();

        #region deliver
        try
        {
            await using var stream = await UtpClient.ConnectAsync(endPoint, new UtpClientOptions
            {
                ConnectTimeout = TimeSpan.FromSeconds(10),
                Protocol = new UtpOptions { CongestionControl = "cubic", IdleTimeout = TimeSpan.FromMinutes(1) },
            });
            await stream.WriteAsync(file);
            await stream.CompleteWritesAsync();
            await stream.WaitForDeliveryAsync();
        }
        catch (UtpException e)
        {
            // One sentence that says what happened and what to do; FailureCause and CloseReason are for programs.
            await sentences.WriteLineAsync(e.Message);
        }
        #endregion

        Assert.Equal(file.Length, await serving.Soon());
        Assert.Empty(sentences.ToString());
    }

    [Fact]
    public async Task Messages_keep_their_metadata()
    {
        var arrived = new List<string>();
        #region messages
        await using var listener = await UtpMessageListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        await using var sender = await UtpClient.ConnectMessagesAsync(listener.LocalEndPoint);
        await using var receiver = await listener.AcceptAsync();

        await sender.SendAsync(payload: "a picture, of any size"u8.ToArray(), metadata: "image/png"u8.ToArray());
        await sender.CompleteSendsAsync();

        await foreach (var message in receiver.ReceiveAllAsync())
        {
            // Disposed, its memory is used for the next one; kept, it is yours.
            using (message)
                arrived.Add($"{Encoding.UTF8.GetString(message.Metadata.Span)}: {message.Data.Length} bytes");
        }
        #endregion

        Assert.Equal(["image/png: 22 bytes"], arrived);
    }

    [Fact]
    public async Task Pipes_read_lines_where_they_lie()
    {
        await using var pair = await StreamPair.OpenAsync();
        var (stream, peer) = (pair.Server, pair.Client);
        await peer.WriteAsync("one\ntwo\n"u8.ToArray());
        await peer.CompleteWritesAsync();
        #region pipes
        var pipe = stream.AsDuplexPipe();
        while (true)
        {
            var read = await pipe.Input.ReadAsync();
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                pipe.Output.Write("got "u8);
                foreach (var piece in buffer.Slice(0, buffer.GetPosition(1, end)))
                    pipe.Output.Write(piece.Span);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            pipe.Input.AdvanceTo(buffer.Start, buffer.End);
            await pipe.Output.FlushAsync();
            if (read.IsCompleted)
                break;
        }

        await pipe.Output.CompleteAsync();
        await pipe.Input.CompleteAsync();
        #endregion

        Assert.Equal("got one\ngot two\n", Encoding.UTF8.GetString(await peer.ReadToEndAsync()));
    }

    [Fact]
    public async Task An_actor_system_of_the_users_runs_the_connections()
    {
        using var mine = ActorSystem.Create("mine", "akka.loglevel = OFF, akka.stdout-loglevel = OFF");
        #region system
        await using var listener = await UtpListener.BindAsync(new IPEndPoint(IPAddress.Any, 0), new UtpListenerOptions { ActorSystem = mine });

        // From the listener's port: what a peer behind a NAT must see.
        var other = new IPEndPoint(IPAddress.Loopback, listener.LocalEndPoint.Port);
        await using var stream = await listener.ConnectAsync(other);
        #endregion

        await using var accepted = await listener.AcceptAsync().Soon();
        Assert.Equal(listener.LocalEndPoint.Port, accepted.RemoteEndPoint.Port);
        await stream.DisposeAsync();
        await accepted.DisposeAsync();
        await mine.Terminate().Soon();
    }

    #region echo
    private static async Task EchoAsync(UtpStream stream)
    {
        await using (stream)
            await stream.CopyToAsync(stream);
    }
    #endregion
}
