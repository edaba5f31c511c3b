using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Utp.Remote;

/// <summary>Reads the values of the transport's section, and says which key is wrong and what is allowed.</summary>
internal sealed class SectionReader(Config config)
{
    private const string Place = "the section of Utp.Remote.UtpTransport";

    /// <summary>The paths of all values, in this configuration and its fallbacks.</summary>
    public static IEnumerable<string> Leaves(Config config)
    {
        for (var layer = config; layer is not null; layer = layer.Fallback)
        {
            if (layer.Root is not { } root || !root.IsObject())
                continue;
            foreach (var leaf in Leaves("", root))
                yield return leaf;
        }
    }

    public string Text(string key) => Read(key, "a text", () => config.GetString(key, "") ?? "");

    public bool Switch(string key) => Read(key, "on or off", () => config.GetBoolean(key));

    public int Count(string key, int min, int max) =>
        Check(key, $"{min} to {max}", Read(key, $"{min} to {max}", () => config.GetInt(key)), value => value >= min && value <= max);

    public TimeSpan Duration(string key, TimeSpan min, TimeSpan max)
    {
        var range = $"{min.TotalMilliseconds:0}ms to {max.TotalSeconds:0}s";
        return Check(key, range, Read(key, range, () => config.GetTimeSpan(key, null, allowInfinite: false)), value => value >= min && value <= max);
    }

    /// <summary>Bytes.</summary>
    public int Size(string key, long min, long max, bool zeroAllowed = false)
    {
        var range = $"{(zeroAllowed ? "0b, or " : "")}{min} to {max} bytes";
        return (int)Check(key, range, Read(key, range, () => config.GetByteSize(key, null) ?? 0), value => (zeroAllowed && value == 0) || (value >= min && value <= max));
    }

    public IReadOnlyList<string> Texts(string key) => Read(key, "a list of texts", () => config.GetStringList(key, []).ToArray());

    public static ConfigurationException Wrong(string key, string allowed, object? value, Exception? cause = null) =>
        new($"{key} in {Place} is \"{value}\": it must be {allowed}.", cause);

    private T Read<T>(string key, string allowed, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not ConfigurationException)
        {
            // Akka's HOCON throws exceptions of several kinds for a value that it cannot read.
            throw Wrong(key, allowed, config.GetValue(key), e);
        }
    }

    private T Check<T>(string key, string allowed, T value, Func<T, bool> isAllowed) => isAllowed(value) ? value : throw Wrong(key, allowed, config.GetValue(key));

    private static IEnumerable<string> Leaves(string path, HoconValue value)
    {
        if (!value.IsObject())
            return [path];
        return value.GetObject().Items.SelectMany(item => Leaves(path.Length == 0 ? item.Key : path + "." + item.Key, item.Value));
    }
}
