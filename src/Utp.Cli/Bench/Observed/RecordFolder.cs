namespace Utp.Cli;

/// <summary>Where a benchmark's records go; deleted with them in the end.</summary>
internal sealed class RecordFolder : IDisposable
{
    private readonly string? _path;

    private RecordFolder(string? path, IReadOnlyList<string> settings)
    {
        _path = path;
        Settings = settings;
    }

    /// <summary>As <c>key=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; }

    /// <summary>For this way of looking; in the machine's memory where there is a folder that lies there.</summary>
    /// <exception cref="CliException">The folder cannot be made.</exception>
    public static RecordFolder Create(Observation way, string? parent)
    {
        if (way is not (Observation.Qlog or Observation.Pcapng))
            return new RecordFolder(null, []);
        var path = Path.Combine(parent ?? (Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath()), "utp-bench-" + Path.GetRandomFileName());
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be made ({Sentences.OneLine(e.Message)}): choose another --folder.", inner: e);
        }

        path = Path.GetFullPath(path);
        return new RecordFolder(path, [$"utp.trace={path}", $"utp.trace-kind={way.ToString().ToLowerInvariant()}"]);
    }

    public void Dispose()
    {
        if (_path is not null)
            Directory.Delete(_path, recursive: true);
    }
}
