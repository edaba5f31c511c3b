using System.Globalization;

namespace Utp.Cli;

/// <summary>Sizes as people write them: 256MiB, 100MB, 4096.</summary>
internal static class ByteSize
{
    /// <summary>What is understood, as the end of a sentence.</summary>
    public const string Forms = "a number of bytes, or a number with kB, MB, GB, KiB, MiB or GiB";

    // Longest first, because "B" ends them all.
    private static readonly (string Name, long Bytes)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("bytes", 1), ("byte", 1), ("B", 1)];

    public static bool TryParse(string text, out long bytes)
    {
        var number = text.AsSpan().Trim();
        var unit = 1L;
        foreach (var (name, size) in Units)
        {
            if (!number.EndsWith(name, StringComparison.OrdinalIgnoreCase))
                continue;
            number = number[..^name.Length].TrimEnd();
            unit = size;
            break;
        }

        bytes = 0;
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > long.MaxValue / unit)
            return false;
        value *= unit;
        bytes = (long)value;
        return bytes == value;
    }

    /// <summary>A size for people, in decimal units as rates are.</summary>
    public static string Text(long bytes) => bytes switch
    {
        1 => "1 byte",
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        < 1_000_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e12:0.00} TB"),
    };
}
