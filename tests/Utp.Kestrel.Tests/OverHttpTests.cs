using System.Net.WebSockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Utp.Streams;

namespace Utp.Kestrel.Tests;

/// <summary>What stands on HTTP stays as it is: WebSockets and gRPC.</summary>
public sealed class OverHttpTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_web_socket_carries_messages_both_ways_until_it_is_closed(bool tls)
    {
        await using var server = await Server.StartAsync(
            static app =>
            {
                app.UseWebSockets();
                app.Map("/echo", EchoAsync);
            },
            HttpProtocols.Http1,
            tls);
        using var handler = UtpHttp.CreateHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.GetCertHashString() == Server.Certificate.GetCertHashString();
        using var invoker = new HttpMessageInvoker(handler);
        using var socket = new ClientWebSocket();
        var url = new UriBuilder(server.Url) { Scheme = tls ? "wss" : "ws", Path = "/echo" }.Uri;
        await socket.ConnectAsync(url, invoker, CancellationToken.None).Soon();

        for (var size = 1; size <= 1_000_000; size *= 100)
        {
            var message = new byte[size];
            new Random(size).NextBytes(message);
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).Soon();
            Assert.Equal(message, await ReceiveAsync(socket));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", CancellationToken.None).Soon();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_of_gRPC_are_answered_one_by_one_and_as_streams(bool tls)
    {
        await using var server = await Server.StartAsync(
            static app => app.MapGrpcService<Letters>(), HttpProtocols.Http2, tls, static builder => builder.Services.AddGrpc());
        using var handler = UtpHttp.CreateHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.GetCertHashString() == Server.Certificate.GetCertHashString();
        using var channel = GrpcChannel.ForAddress(server.Url, new GrpcChannelOptions { HttpHandler = handler });
        var calls = channel.CreateCallInvoker();

        Assert.Equal("UTP", await calls.AsyncUnaryCall(Letters.Upper, null, default, "utp").ResponseAsync.Soon());

        using var spelled = calls.AsyncServerStreamingCall(Letters.Spell, null, default, "abc");
        var letters = new List<string>();
        while (await spelled.ResponseStream.MoveNext(CancellationToken.None).Soon())
            letters.Add(spelled.ResponseStream.Current);
        Assert.Equal(["a", "b", "c"], letters);

        var failed = await Assert.ThrowsAsync<RpcException>(() => calls.AsyncUnaryCall(Letters.Upper, null, default, "").ResponseAsync.Soon());
        Assert.Equal(StatusCode.InvalidArgument, failed.StatusCode);
    }

    private static async Task EchoAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[64 << 10];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
                break;
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, http.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().Soon();
            all.Write(buffer, 0, received.Count);
            if (received.EndOfMessage)
                return all.ToArray();
        }
    }

    /// <summary>A service as the tools of gRPC would write it, with texts for messages.</summary>
    [BindServiceMethod(typeof(Letters), nameof(Bind))]
    public class Letters
    {
        /// <summary>One answer.</summary>
        public static readonly Method<string, string> Upper = new(MethodType.Unary, "utp.Letters", nameof(UpperAsync), Text, Text);

        /// <summary>An answer for each letter.</summary>
        public static readonly Method<string, string> Spell = new(MethodType.ServerStreaming, "utp.Letters", nameof(SpellAsync), Text, Text);

        private static Marshaller<string> Text => Marshallers.Create(Encoding.UTF8.GetBytes, static bytes => Encoding.UTF8.GetString(bytes));

        /// <summary>Tells the server what there is.</summary>
        public static void Bind(ServiceBinderBase binder, Letters? service)
        {
            binder.AddMethod(Upper, service is null ? null : new UnaryServerMethod<string, string>(service.UpperAsync));
            binder.AddMethod(Spell, service is null ? null : new ServerStreamingServerMethod<string, string>(service.SpellAsync));
        }

        /// <summary>In capitals.</summary>
        public virtual Task<string> UpperAsync(string text, ServerCallContext context) => text.Length == 0
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, "There is nothing to write."))
            : Task.FromResult(text.ToUpperInvariant());

        /// <summary>Letter by letter.</summary>
        public virtual async Task SpellAsync(string text, IServerStreamWriter<string> answers, ServerCallContext context)
        {
            foreach (var letter in text)
                await answers.WriteAsync(letter.ToString());
        }
    }
}
