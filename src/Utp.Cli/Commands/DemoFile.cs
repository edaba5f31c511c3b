using System.Security.Cryptography;

namespace Utp.Cli;

/// <summary>A folder with a file of random bytes to send, and room for its copy; both are gone at the end.</summary>
internal sealed class DemoFile : IDisposable
{
    private const int BlockBytes = 1 << 20;

    private readonly DirectoryInfo _folder;

    private DemoFile(DirectoryInfo folder) => _folder = folder;

    public string Source => Path.Combine(_folder.FullName, "original");

    public string Copy => Path.Combine(_folder.FullName, "copy");

    public byte[] Hash { get; private set; } = [];

    /// <exception cref="CliException">There is no room.</exception>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public static DemoFile Create(long bytes, CancellationToken interrupt)
    {
        var file = new DemoFile(Directory.CreateTempSubdirectory("utp-demo-"));
        try
        {
            file.Fill(bytes, interrupt);
            return file;
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw new CliException(FileErrors.Writing(file.Source, e), inner: e);
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is in the system's folder for such things.
        }
    }

    private void Fill(long bytes, CancellationToken interrupt)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new FileStream(Source, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var block = new byte[BlockBytes];
        for (var left = bytes; left > 0;)
        {
            interrupt.ThrowIfCancellationRequested();
            Random.Shared.NextBytes(block);
            var count = (int)Math.Min(left, BlockBytes);
            hash.AppendData(block, 0, count);
            stream.Write(block, 0, count);
            left -= count;
        }

        Hash = hash.GetHashAndReset();
    }
}
