using System.Globalization;
using System.Net;

namespace Utp.Cli;

/// <summary>Where <c>utp receive</c> puts connections: each asks for a sink of its own.</summary>
/// <param name="Open">Makes the sink of one connection.</param>
/// <param name="OneAtATime">Whether it is a stream, which cannot be shared: one connection is all it takes.</param>
/// <param name="CanResume">Whether a transfer may go on where another one stopped.</param>
/// <param name="OpenBundle">Makes the sink of a connection that brings a folder or several files; null: it takes none.</param>
internal sealed record Destination(Func<IPEndPoint, IByteSink> Open, bool OneAtATime, bool CanResume = false, Func<IPEndPoint, BundleHello, BundleSink>? OpenBundle = null)
{
    /// <summary>What makes the sink of a connection that brings a bundle; null: none is stored.</summary>
    public Func<BundleHello, BundleSink>? BundleOf(IPEndPoint peer) => OpenBundle is { } open ? hello => open(peer, hello) : null;

    /// <summary>Reads <c>--out</c>: a folder, which gets a file per connection; a pipe, a socket, a device or - for standard output; with once a file.</summary>
    /// <param name="path">As given.</param>
    /// <param name="once">Whether it is one connection's.</param>
    /// <param name="force">Whether a file that exists is replaced.</param>
    /// <param name="resume">Whether a transfer into a file may go on where another one stopped.</param>
    /// <param name="terminal">Hears of what was left.</param>
    /// <exception cref="CliException">It cannot be used.</exception>
    public static Destination Parse(string path, bool once, bool force, bool resume, Terminal terminal)
    {
        var destination = Parse(path, new How(once, force, resume), terminal);
        return !resume || destination.CanResume
            ? destination
            : throw CliException.WrongUsage($"--resume goes on with one transfer, and --out {path} {(destination.OneAtATime ? "keeps nothing" : "takes any number")}: {(destination.OneAtATime ? "name a file or a folder, and add --once" : "add --once")}.");
    }

    private static Destination Parse(string path, How how, Terminal terminal)
    {
        if (path.Length == 0)
            throw CliException.WrongUsage("--out is empty: name a folder, with --once a file, or - for standard output.");
        if (path is "-" or "/dev/stdout")
        {
            return terminal.Output.CanWrite
                ? new Destination(_ => new StreamSink(terminal.Output), OneAtATime: true)
                : throw new CliException("Standard output is closed: redirect it, or name a file with --out and --once.");
        }

        switch (FileKinds.Of(path))
        {
            case FileKind.Folder:
                return Folder(path, how, terminal);
            case FileKind.Pipe or FileKind.Device:
                return new Destination(_ => new StreamSink(() => new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0), path), OneAtATime: true);
            case FileKind.Socket:
                return new Destination(_ => new StreamSink(() => UnixStream.ConnectAsync(path, CancellationToken.None).GetAwaiter().GetResult(), path), OneAtATime: true);
            case FileKind.File when !how.Once:
                throw CliException.WrongUsage($"--out {path} is a file: add --once to receive one file, or name a folder, which gets a file per connection.");
            case FileKind.File when !how.Force:
                throw new CliException($"{path} exists: add --force to replace it, or choose another name.");
            default:
                return how.Once && !Path.EndsInDirectorySeparator(path) ? TheFile(path, how, terminal) : Folder(path, how, terminal);
        }
    }

    // What will not work is better said before the peer has sent everything.
    private static Destination TheFile(string path, How how, Terminal terminal)
    {
        new FileSink(path, replace: how.Force).Dispose();
        foreach (var (part, bytes) in PartFiles.Left(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path)))
        {
            terminal.Say(how.Resume
                ? $"{part} ({ByteSize.Text(bytes)}) was left by a transfer that broke off: a sender with --resume goes on from there."
                : $"{part} ({ByteSize.Text(bytes)}) was left by a transfer that broke off: it is removed when this one is complete; to go on from there, add --resume here and to send.");
        }

        return new Destination(_ => new FileSink(path, replace: how.Force, resumes: how.Resume, removesLeft: true), OneAtATime: false, CanResume: true);
    }

    private readonly record struct How(bool Once, bool Force, bool Resume);

    private static Destination Folder(string path, How how, Terminal terminal)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The folder {path} cannot be created ({FileErrors.Reason(e)}): choose another.", inner: e);
        }

        try
        {
            new FileSink(Path.Combine(path, "test"), replace: false).Dispose();
        }
        catch (CliException e)
        {
            throw new CliException($"The folder {path} takes no file: check its permissions, or choose another.", inner: e);
        }

        PartFiles.RemoveAbandoned(path, null, terminal.Say);
        if (!how.Resume)
            Staging.RemoveAbandoned(path, terminal.Say);
        foreach (var left in how.Resume ? Staging.In(path) : [])
            terminal.Say($"{left} was left by a transfer that broke off: who sends the same again with --resume goes on from there.");
        return new Destination(
            peer => new FileSink(Path.Combine(path, FileName(peer, DateTimeOffset.UtcNow)), replace: false),
            OneAtATime: false,
            CanResume: how is { Once: true },
            // A sender chooses names only where its user is awaited: beside what many send they would be taken, or be another's.
            (peer, hello) => new BundleSink(new BundlePlace(path, how.Once ? null : FileName(peer, DateTimeOffset.UtcNow), how.Force), hello, how.Resume));
    }

    // 20251123-035312-127.0.0.1-51413: sorts by time, and every character is at home in any shell.
    private static string FileName(IPEndPoint peer, DateTimeOffset now)
    {
        var address = (peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address).ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{address.Replace(':', '-').Replace('%', '-')}-{peer.Port}");
    }
}
