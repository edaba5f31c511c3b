using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>What <c>utp send</c> reads.</summary>
/// <param name="Stream">Its bytes.</param>
/// <param name="Size">How many; null where nobody knows.</param>
/// <param name="Name">For a sentence.</param>
internal sealed record SourceFile(Stream Stream, long? Size, string Name)
{
    /// <summary>Opens a file, a pipe, a socket, a device, or for - standard input. A pipe is waited for until somebody writes to it.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Interrupted while it waited.</exception>
    public static async Task<SourceFile> OpenAsync(string path, Terminal terminal, CancellationToken interrupt)
    {
        if (path.Length == 0)
            throw CliException.WrongUsage("PATH is empty: name a file, or - for standard input.");
        if (path is "-" or "/dev/stdin")
        {
            return terminal.Input.CanRead
                ? new SourceFile(terminal.Input, null, "Standard input")
                : throw new CliException("Standard input is closed: name a file, or have something to read there.");
        }

        var kind = FileKinds.Of(path);
        try
        {
            if (kind == FileKind.Socket)
                return new SourceFile(await UnixStream.ConnectAsync(path, interrupt).ConfigureAwait(false), null, path);
            if (kind == FileKind.Pipe)
                terminal.Say($"Waiting until somebody writes to {path}.");

            // Opening a pipe blocks until it has a writer.
            var file = await Task.Run(() => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0), CancellationToken.None)
                .WaitAsync(interrupt).ConfigureAwait(false);
            return new SourceFile(file, kind == FileKind.File && file.Length > 0 ? file.Length : null, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            throw new CliException(FileErrors.Reading(path, e), inner: e);
        }
    }
}
