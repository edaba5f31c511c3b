using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>What the file system's refusal means, in one sentence that says what to do.</summary>
internal static class FileErrors
{
    public static string Reading(string path, Exception error) => error switch
    {
        SocketException => $"{path} is a socket where nobody can be reached ({Reason(error)}): start who listens there.",
        FileNotFoundException or DirectoryNotFoundException => $"{path} does not exist: check the path.",
        UnauthorizedAccessException when Directory.Exists(path) => $"{path} is a folder: name a file.",
        UnauthorizedAccessException => $"{path} may not be read by this user: check its permissions.",
        _ => $"{path} cannot be read ({Reason(error)}): check it.",
    };

    public static string Writing(string path, Exception error) => error switch
    {
        SocketException => $"{path} is a socket where nobody can be reached ({Reason(error)}): start who listens there.",
        DirectoryNotFoundException => $"The folder of {path} does not exist: create it, or choose another.",
        UnauthorizedAccessException when Directory.Exists(path) => $"{path} is a folder: name a file.",
        UnauthorizedAccessException => $"{path} may not be written by this user: check the permissions of its folder.",
        _ => $"{path} cannot be written ({Reason(error)}): make room, or choose another place.",
    };

    // .NET adds the path in quotes, which the sentence has already.
    public static string Reason(Exception error)
    {
        var message = Sentences.OneLine(error.Message);
        var quote = message.IndexOf(" : '", StringComparison.Ordinal);
        return (quote < 0 ? message : message[..quote]).TrimEnd(' ', '.');
    }
}
