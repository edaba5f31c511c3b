using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Utp.Actors;

/// <summary>Finds keys below <c>utp</c> that nobody reads: a misspelt key would otherwise keep its default in silence.</summary>
internal static class UnknownKeys
{
    /// <exception cref="ConfigurationException">There is one; the message names it and the most similar known key.</exception>
    public static void Check(Config config, Config reference)
    {
        var known = Leaves(reference).ToHashSet(StringComparer.Ordinal);
        foreach (var key in Leaves(config))
        {
            if (known.Contains(key))
                continue;

            // A section is no setting, and has some.
            var within = known.Where(candidate => candidate.StartsWith(key + ".", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
            if (within.Count > 0)
                throw new ConfigurationException($"{key} is no setting of uTP, but a section: it has {string.Join(", ", within)}. config/utp.hocon and docs/configuration.md list all settings.");

            // Of what is far from everything nothing is guessed.
            var nearest = known.MinBy(candidate => EditDistance.Between(candidate, key))!;
            var isNear = EditDistance.Between(nearest, key) <= Math.Max(2, (key.Length - "utp.".Length) / 3);
            throw new ConfigurationException($"{key} is no setting of uTP{(isNear ? $": did you mean {nearest}? config" : ": config")}/utp.hocon and docs/configuration.md list all settings.");
        }
    }

    /// <summary>The paths of all values below <c>utp</c>, in a configuration and its fallbacks.</summary>
    public static IEnumerable<string> Leaves(Config config)
    {
        for (var layer = config; layer is not null; layer = layer.Fallback)
        {
            if (layer.Root is not { } root || !root.IsObject() || !root.GetObject().Items.TryGetValue("utp", out var section))
                continue;
            foreach (var leaf in Leaves("utp", section))
                yield return leaf;
        }
    }

    private static IEnumerable<string> Leaves(string path, HoconValue value)
    {
        if (!value.IsObject())
            return [path];
        return value.GetObject().Items.SelectMany(item => Leaves(path + "." + item.Key, item.Value));
    }
}
