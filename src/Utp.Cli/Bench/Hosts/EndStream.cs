using System.Net;
using System.Text.Json;
using Utp.Streams;

namespace Utp.Cli;

/// <summary>The server's end of a benchmark on another machine, where <c>utp bench serve</c> runs. The connection is of this library, too; the work goes over others.</summary>
internal sealed class EndStream : IEndLink
{
    // An answer counts the bytes of each connection.
    private const int MaxAnswerBytes = 4 << 20;

    private readonly UtpNode _node;
    private readonly UtpStream _stream;
    private readonly JsonLines _lines;
    private readonly EndPoint _server;

    private EndStream(UtpNode node, UtpStream stream, EndPoint server)
    {
        (_node, _stream, _server) = (node, stream, server);
        _lines = new JsonLines(stream, MaxAnswerBytes);
    }

    /// <summary>The server's address, by which the client's end reaches it, too.</summary>
    public IPAddress Address => _stream.RemoteEndPoint.Address.IsIPv4MappedToIPv6 ? _stream.RemoteEndPoint.Address.MapToIPv4() : _stream.RemoteEndPoint.Address;

    /// <summary>Connects, and gives the server its plan.</summary>
    /// <param name="node">For the connection; disposed of with it.</param>
    /// <param name="server">Where <c>utp bench serve</c> listens.</param>
    /// <param name="plan">What its end is to do.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="CliException">Nobody serves there, or not this plan.</exception>
    public static async Task<EndStream> ConnectAsync(UtpNode node, EndPoint server, EndPlan plan, CancellationToken cancellation)
    {
        UtpStream stream;
        try
        {
            stream = await UtpClient.ConnectAsync(server, new UtpClientOptions { ActorSystem = node.System }, cancellation).ConfigureAwait(false);
        }
        catch (UtpException e)
        {
            await node.DisposeAsync().ConfigureAwait(false);
            throw new CliException($"{Addresses.Text(server)}: {Sentences.OneLine(e.Message)} 'utp bench serve --bind ADDR:PORT' must run there.", inner: e);
        }

        var link = new EndStream(node, stream, server);
        try
        {
            await link.ExchangeAsync(new BenchHello(BenchHello.CurrentVersion, plan), cancellation).ConfigureAwait(false);
            return link;
        }
        catch
        {
            await link.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task<EndReply> AskAsync(EndRequest request, CancellationToken cancellation) => ExchangeAsync(request, cancellation);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _node.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<EndReply> ExchangeAsync<T>(T message, CancellationToken cancellation)
    {
        EndReply? reply;
        try
        {
            await _lines.WriteAsync(message, cancellation).ConfigureAwait(false);
            reply = await _lines.ReadAsync<EndReply>(cancellation).ConfigureAwait(false);
        }
        catch (JsonException e)
        {
            throw new CliException($"{Addresses.Text(_server)} answers, but not as 'utp bench serve' does: check the port.", inner: e);
        }
        catch (IOException e)
        {
            throw new CliException($"The server {Addresses.Text(_server)} is gone: {Sentences.OneLine(e.Message)}", inner: e);
        }

        if (reply is null)
            throw new CliException($"The server {Addresses.Text(_server)} ended the benchmark: see what it says there.");
        return reply.Error is null ? reply : throw new CliException($"The server {Addresses.Text(_server)} says: {reply.Error}", reply.ExitCode == ExitCode.Done ? ExitCode.Failed : reply.ExitCode);
    }
}
