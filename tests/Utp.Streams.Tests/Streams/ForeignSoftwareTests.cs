using System.IO.Compression;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Utp.Streams.Tests;

/// <summary>Software that knows nothing of uTP, over it.</summary>
public sealed class ForeignSoftwareTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public async Task Mutual_tls_carries_100_megabytes_both_ways_at_once()
    {
        using var serverCertificate = SelfMade("server.test");
        using var clientCertificate = SelfMade("client.test");
        await using var pair = await StreamPair.OpenAsync();
        await using var server = new SslStream(pair.Server);
        await using var client = new SslStream(pair.Client);

        var serving = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = serverCertificate,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.None,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == clientCertificate.GetCertHashString(),
        });
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "server.test",
            ClientCertificates = [clientCertificate],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == serverCertificate.GetCertHashString(),
        }).Soon();
        await serving.Soon();
        Assert.True(server.IsMutuallyAuthenticated);

        var results = await Task.WhenAll(
            SendAsync(client, seed: 1), SendAsync(server, seed: 2), ReceiveAsync(server), ReceiveAsync(client)).Soon();
        Assert.Equal(results[0], results[2]);
        Assert.Equal(results[1], results[3]);
        Assert.NotEqual(results[0], results[1]);
    }

    [Fact]
    public async Task Lines_go_through_readers_and_writers()
    {
        await using var pair = await StreamPair.OpenAsync();
        var talking = Task.Run(async () =>
        {
            using var reader = new StreamReader(pair.Server, leaveOpen: true);
            await using var writer = new StreamWriter(pair.Server, leaveOpen: true) { AutoFlush = true };
            while (await reader.ReadLineAsync() is { } line)
                await writer.WriteLineAsync(line.ToUpperInvariant());
            await pair.Server.CompleteWritesAsync();
        });

        using var clientReader = new StreamReader(pair.Client, leaveOpen: true);
        await using var clientWriter = new StreamWriter(pair.Client, leaveOpen: true) { AutoFlush = true };
        for (var i = 0; i < 100; i++)
        {
            await clientWriter.WriteLineAsync($"line {i}");
            Assert.Equal($"LINE {i}", await clientReader.ReadLineAsync().Soon());
        }

        await pair.Client.CompleteWritesAsync();
        Assert.Null(await clientReader.ReadLineAsync().Soon());
        await talking.Soon();
    }

    [Fact]
    public async Task Pipes_of_the_framework_read_and_write_it()
    {
        await using var pair = await StreamPair.OpenAsync();
        var bytes = TestTools.Bytes(3 * Megabyte);
        var writer = PipeWriter.Create(pair.Client);
        var writing = Task.Run(async () =>
        {
            await writer.WriteAsync(bytes);
            await writer.CompleteAsync();
        });

        var reader = PipeReader.Create(pair.Server, new StreamPipeReaderOptions(useZeroByteReads: true));
        using var received = new MemoryStream();
        await reader.CopyToAsync(received).Soon();
        await writing.Soon();
        await reader.CompleteAsync();
        Assert.True(received.ToArray().AsSpan().SequenceEqual(bytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Compressed_streams_go_through_it(bool brotli)
    {
        await using var pair = await StreamPair.OpenAsync();
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100_000).Select(static i => $"{i} green bottles, ")));
        var writing = Task.Run(async () =>
        {
            await using (Stream packer = brotli ? new BrotliStream(pair.Client, CompressionLevel.Fastest, leaveOpen: true) : new ZLibStream(pair.Client, CompressionLevel.Fastest, leaveOpen: true))
                await packer.WriteAsync(text);
            await pair.Client.CompleteWritesAsync();
        });

        await using Stream unpacker = brotli ? new BrotliStream(pair.Server, CompressionMode.Decompress, leaveOpen: true) : new ZLibStream(pair.Server, CompressionMode.Decompress, leaveOpen: true);
        var received = await unpacker.ReadToEndAsync();
        await writing.Soon();
        Assert.True(received.AsSpan().SequenceEqual(text));
    }

    private static async Task<string> SendAsync(SslStream stream, int seed)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = TestTools.Bytes(Megabyte, seed);
        for (var i = 0; i < 100; i++)
        {
            BitConverter.TryWriteBytes(block, i);
            hash.AppendData(block);
            await stream.WriteAsync(block);
        }

        await stream.FlushAsync();
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static async Task<string> ReceiveAsync(SslStream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Megabyte];
        for (var left = 100 * Megabyte; left > 0;)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left)));
            Assert.NotEqual(0, count);
            hash.AppendData(buffer, 0, count);
            left -= count;
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static X509Certificate2 SelfMade(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }
}
