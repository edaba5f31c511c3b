using System.Globalization;

namespace Utp.Cli;

/// <summary>Figures for people.</summary>
internal static class Texts
{
    public static string Duration(TimeSpan duration) => duration.TotalSeconds switch
    {
        < 0.001 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMicroseconds:0} µs"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.0} ms"),
        < 60 => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalMinutes} min {duration.Seconds} s"),
    };

    public static string Micros(long micros) => Duration(TimeSpan.FromMicroseconds(micros));

    /// <summary>Hours, minutes and seconds, as a clock shows them.</summary>
    public static string Clock(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss}");

    /// <summary>MB/s; nothing where there was no time to measure.</summary>
    public static string Rate(long bytes, TimeSpan duration) =>
        duration <= TimeSpan.Zero ? "" : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6 / duration.TotalSeconds:0.0} MB/s");

    /// <summary>What the receiver had before, in brackets; nothing where there was none.</summary>
    public static string After(long kept) => kept > 0 ? $", after {ByteSize.Text(kept)} that were there" : "";

    /// <summary>How many files, in front of how many bytes; nothing for one file whose bytes are those of a connection.</summary>
    public static string Files(long? files) => files is { } count ? $"{Count(count)} {(count == 1 ? "file" : "files")}, " : "";

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
