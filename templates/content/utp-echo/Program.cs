// An echo server and its client. "dotnet run" runs both in one process; "dotnet run -- server 7000" and
// "dotnet run -- client HOST 7000" one of them each.
using System.Net;
using Utp.Streams;

switch (args)
{
    case ["server", var port]:
        await using (var server = await UtpListener.BindAsync(new IPEndPoint(IPAddress.Any, int.Parse(port))))
        {
            Console.WriteLine($"Listening on {server.LocalEndPoint}.");
            await ServeAsync(server);
        }

        break;
    case ["client", var host, var port]:
        await TalkAsync(host, int.Parse(port));
        break;
    default:
        await using (var server = await UtpListener.BindAsync(new IPEndPoint(IPAddress.Loopback, 0)))
        {
            _ = ServeAsync(server);
            await TalkAsync("127.0.0.1", server.LocalEndPoint.Port);
        }

        break;
}

static async Task ServeAsync(UtpListener server)
{
    await foreach (var stream in server.AcceptAllAsync())
        _ = EchoAsync(stream);
}

static async Task EchoAsync(UtpStream stream)
{
    await using (stream)
    {
        await stream.CopyToAsync(stream);
        await stream.CompleteWritesAsync();
    }
}

static async Task TalkAsync(string host, int port)
{
    await using var client = await UtpClient.ConnectAsync(host, port);
    await client.WriteAsync("Hello, uTP!"u8.ToArray());
    await client.CompleteWritesAsync();
    using var reader = new StreamReader(client);
    Console.WriteLine(await reader.ReadToEndAsync());
}
