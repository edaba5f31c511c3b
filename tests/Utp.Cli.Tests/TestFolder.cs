using System.Security.Cryptography;

namespace Utp.Cli.Tests;

/// <summary>A folder of its own for one test, gone afterwards.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("utp-cli-tests-");
    private FileSystemWatcher? _watcher;

    public string Path => _folder.FullName;

    /// <summary>What stands in the folder under names that are not temporary.</summary>
    public IReadOnlyList<string> Files => [.. Directory.GetFiles(Path, "*", new EnumerationOptions { AttributesToSkip = 0 })
        .Select(System.IO.Path.GetFileName).OfType<string>().Where(name => !name.EndsWith(".part", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Temporary names.</summary>
    public IReadOnlyList<string> Parts => Directory.GetFiles(Path, ".*.part", new EnumerationOptions { AttributesToSkip = 0 });

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public static byte[] RandomBytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Writes a file of random bytes, and gives its path.</summary>
    public string Add(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>Waits until a temporary file appears, which says that a connection is being received. Ask before it can.</summary>
    public Task PartAppearsAsync()
    {
        var appeared = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _watcher = new FileSystemWatcher(Path) { NotifyFilter = NotifyFilters.FileName };
        _watcher.Created += (_, created) =>
        {
            if (created.FullPath.EndsWith(".part", StringComparison.Ordinal))
                appeared.TrySetResult();
        };
        _watcher.EnableRaisingEvents = true;
        return appeared.Task.WaitAsync(UtpRun.Patience);
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _folder.Delete(recursive: true);
    }
}
