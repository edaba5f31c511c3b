using System.Globalization;

namespace Utp.Cli;

/// <summary>
/// Which of the standard streams were closed when the process started. Their numbers are then given to whatever the runtime opens first, so reading there waits for ever, and
/// writing there harms.
/// </summary>
internal static class StandardStreams
{
    private const long ClosesOnExec = 0x80000;

    /// <summary>Whether a stream was open: one that came by exec cannot be marked to be closed by exec, and all that the runtime opens is. Outside Linux nobody knows: true.</summary>
    /// <param name="number">0, 1 or 2.</param>
    public static bool IsOpen(int number)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        try
        {
            foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{number}")))
            {
                if (line.StartsWith("flags:", StringComparison.Ordinal))
                    return (Convert.ToInt64(line["flags:".Length..].Trim(), 8) & ClosesOnExec) == 0;
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Without /proc nobody knows.
            return true;
        }
    }

    /// <summary>What stands for a stream that was closed: it can neither be read nor written.</summary>
    public static Stream Closed { get; } = MakeClosed();

    private static MemoryStream MakeClosed()
    {
        var closed = new MemoryStream();
        closed.Dispose();
        return closed;
    }
}
