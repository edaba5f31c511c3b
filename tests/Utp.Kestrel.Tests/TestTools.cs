using System.Security.Cryptography;
using Xunit.Sdk;

namespace Utp.Kestrel.Tests;

/// <summary>What the tests share.</summary>
internal static class TestTools
{
    public const int Megabyte = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A test that would hang fails instead.</summary>
    public static Task Soon(this Task task) => task.WaitAsync(Patience);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    /// <summary>Writes so many megabytes, no two of them equal.</summary>
    /// <returns>Their hash.</returns>
    public static async Task<string> WriteMegabytesAsync(this Stream stream, int count, CancellationToken cancellationToken = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[Megabyte];
        new Random(1).NextBytes(block);
        for (var i = 0; i < count; i++)
        {
            BitConverter.TryWriteBytes(block, i);
            hash.AppendData(block);
            await stream.WriteAsync(block, cancellationToken);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Reads to the end.</summary>
    /// <returns>The hash of it, and its length.</returns>
    public static async Task<(string Hash, long Length)> ReadHashAsync(this Stream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Megabyte];
        long length = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer)) > 0)
        {
            hash.AppendData(buffer, 0, count);
            length += count;
        }

        return (Convert.ToHexString(hash.GetHashAndReset()), length);
    }

    /// <summary>Until a figure has stood still for a second; it must not go on for ever.</summary>
    public static async Task<long> SettledAsync(Func<long> figure)
    {
        var last = figure();
        var since = Environment.TickCount64;
        for (var i = 0; i < 6_000; i++)
        {
            await Task.Delay(10);
            if (figure() is var now && now != last)
                (last, since) = (now, Environment.TickCount64);
            else if (last > 0 && Environment.TickCount64 - since >= 1_000)
                return last;
        }

        throw new XunitException("It did not stand still within a minute.");
    }
}
