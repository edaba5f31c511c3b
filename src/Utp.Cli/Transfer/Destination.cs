using System.Globalization;
using System.Net;

namespace Utp.Cli;

/// <summary>Where <c>utp receive</c> puts connections: each asks for a sink of its own.</summary>
/// <param name="Open">Makes the sink of one connection.</param>
/// <param name="OneAtATime">Whether a second connection must wait for the end of the first: a stream cannot be shared.</param>
internal sealed record Destination(Func<IPEndPoint, IByteSink> Open, bool OneAtATime)
{
    /// <summary>Reads <c>--out</c>: with <paramref name="once"/> a file, a folder to put it in, or - for standard output; otherwise a folder.</summary>
    /// <exception cref="CliException">It cannot be used.</exception>
    public static Destination Parse(string path, bool once, Stream standardOutput)
    {
        if (path == "-")
            return new Destination(_ => new StreamSink(standardOutput), OneAtATime: true);
        if (Directory.Exists(path) || !once || Path.EndsInDirectorySeparator(path))
            return Folder(path);
        if (IsStream(path))
            return new Destination(_ => OpenStream(path), OneAtATime: true);
        // What will not work is better said before the peer has sent everything.
        new FileSink(path, replace: true).Dispose();
        return new Destination(_ => new FileSink(path, replace: true), OneAtATime: false);
    }

    private static Destination Folder(string path)
    {
        if (File.Exists(path))
            throw CliException.WrongUsage($"--out {path} is a file: add --once to receive one file, or name a folder, which gets a file per connection.");
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The folder {path} cannot be created ({Sentences.OneLine(e.Message)}): choose another.", inner: e);
        }

        return new Destination(peer => new FileSink(Path.Combine(path, FileName(peer, DateTimeOffset.UtcNow)), replace: false), OneAtATime: false);
    }

    // 20251123-035312-127.0.0.1-51413: sorts by time, and every character is at home in any shell.
    private static string FileName(IPEndPoint peer, DateTimeOffset now)
    {
        var address = (peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address).ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{address.Replace(':', '-').Replace('%', '-')}-{peer.Port}");
    }

    // A device or a named pipe must be written in place: a rename would replace it by a file.
    private static bool IsStream(string path)
    {
        var full = Path.GetFullPath(path);
        if (full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal))
            return true;
        if (!File.Exists(path))
            return false;
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            using var stream = new FileStream(handle, FileAccess.ReadWrite, bufferSize: 0);
            return !stream.CanSeek;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static StreamSink OpenStream(string path)
    {
        try
        {
            return new StreamSink(new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(FileErrors.Writing(path, e), inner: e);
        }
    }
}
