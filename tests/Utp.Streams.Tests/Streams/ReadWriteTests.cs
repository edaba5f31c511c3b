using System.Security.Cryptography;

namespace Utp.Streams.Tests;

/// <summary>What <see cref="UtpStream"/> promises of reads and writes.</summary>
public sealed class ReadWriteTests
{
    [Fact]
    public async Task What_is_written_is_read_both_ways()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync("to the server"u8.ToArray());
        await pair.Server.WriteAsync("to the client"u8.ToArray());

        Assert.Equal("to the server"u8.ToArray(), await pair.Server.ReadAsync(13));
        Assert.Equal("to the client"u8.ToArray(), await pair.Client.ReadAsync(13));
    }

    [Fact]
    public async Task The_writer_may_reuse_its_buffer_as_soon_as_the_write_returns()
    {
        await using var pair = await StreamPair.OpenAsync();
        var buffer = new byte[100_000];
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                new Random(i).NextBytes(buffer);
                hash.AppendData(buffer);
                await pair.Client.WriteAsync(buffer);
                buffer.AsSpan().Clear();
            }

            await pair.Client.CompleteWritesAsync();
        });

        var received = SHA256.HashData(await pair.Server.ReadToEndAsync());
        await writing.Soon();
        Assert.Equal(hash.GetHashAndReset(), received);
    }

    [Fact]
    public async Task Reads_end_with_zero_when_the_peer_completes_and_zero_stays()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.WriteAsync(new byte[] { 1 });
        await pair.Client.CompleteWritesAsync();

        Assert.Equal([1], await pair.Server.ReadToEndAsync());
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[10]).Soon());
        Assert.Equal(0, pair.Server.Read(new byte[10]));
        Assert.Equal(-1, pair.Server.ReadByte());
    }

    [Fact]
    public async Task After_the_peers_end_writing_goes_on()
    {
        await using var pair = await StreamPair.OpenAsync();
        await pair.Client.CompleteWritesAsync();
        Assert.Equal(0, await pair.Server.ReadAsync(new byte[1]).Soon());

        var bytes = TestTools.Bytes(1_000_000);
        await pair.Server.WriteAsync(bytes).Soon();
        await pair.Server.CompleteWritesAsync();
        Assert.Equal(bytes, await pair.Client.ReadToEndAsync());
    }
}
