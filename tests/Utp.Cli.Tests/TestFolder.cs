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

    /// <summary>Waits until a temporary file appears, which says that a ST_SYN has come; its sender may not know of the answer yet. Ask before it can.</summary>
    public Task PartAppearsAsync() => PartAsync(NotifyFilters.FileName, static _ => true);

    /// <summary>Waits until bytes stand in a temporary file, which says that its sender is connected. Ask before they can.</summary>
    public Task PartGrowsAsync() => PartAsync(NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size, static part => new FileInfo(part) is { Exists: true, Length: > 0 });

    private Task PartAsync(NotifyFilters what, Func<string, bool> isThere)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _watcher = new FileSystemWatcher(Path) { NotifyFilter = what };
        _watcher.Created += OnEvent;
        _watcher.Changed += OnEvent;
        _watcher.EnableRaisingEvents = true;
        return seen.Task.WaitAsync(UtpRun.Patience);

        void OnEvent(object sender, FileSystemEventArgs e)
        {
            if (e.FullPath.EndsWith(".part", StringComparison.Ordinal) && isThere(e.FullPath))
                seen.TrySetResult();
        }
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _folder.Delete(recursive: true);
    }
}
