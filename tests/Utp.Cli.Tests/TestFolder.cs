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

    /// <summary>Waits until bytes stand in a temporary file, which says that its sender is connected; the file itself is there with the ST_SYN, of whose answer its sender may not know yet. Ask before they can.</summary>
    public Task PartGrowsAsync()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _watcher = new FileSystemWatcher(Path) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
        _watcher.Created += OnEvent;
        _watcher.Changed += OnEvent;
        _watcher.EnableRaisingEvents = true;
        return seen.Task.WaitAsync(UtpRun.Patience);

        void OnEvent(object sender, FileSystemEventArgs e)
        {
            if (e.FullPath.EndsWith(".part", StringComparison.Ordinal) && new FileInfo(e.FullPath) is { Exists: true, Length: > 0 })
                seen.TrySetResult();
        }
    }

    /// <summary>Waits until a file of that name, in whatever folder of this one, has bytes.</summary>
    public async Task GrowsAsync(string name)
    {
        using var end = new CancellationTokenSource(UtpRun.Patience);
        while (!Grown())
            await Task.Delay(5, end.Token);

        bool Grown()
        {
            try
            {
                return Directory.EnumerateFiles(Path, name, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Any(static path => new FileInfo(path).Length > 0);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                // It has just been moved to its place.
                return false;
            }
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _folder.Delete(recursive: true);
    }
}
