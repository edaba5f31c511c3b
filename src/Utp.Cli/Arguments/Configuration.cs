using System.Text;
using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Utp.Cli;

/// <summary>What <c>--set</c> and <c>--config</c> say, over what the command needs: the configuration of its actor systems.</summary>
internal static class Configuration
{
    // Standard output belongs to the data, and standard error to sentences: Akka's log shows warnings and errors, one line each
    // (LogPrinter). A command that waits for a peer that was killed, or lost its power, is to end
    // within half a minute. A keep-alive to a port that is closed brings ICMP, which ends the connection at once (note 0030); silence ends it by the idle time-out, which is longer
    // than the 29 s between the keep-alives of any uTP.
    private static readonly Config Defaults = ConfigurationFactory.ParseString(
        """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          loggers = []
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          coordinated-shutdown.run-by-clr-shutdown-hook = off
        }
        utp.keep-alive = 5s
        utp.idle-timeout = 30s
        """);

    /// <exception cref="CliException">A file cannot be read, or something is no configuration.</exception>
    public static Config Build(string? file, IReadOnlyList<string> settings)
    {
        var config = Config.Empty;
        foreach (var (_, layer) in Layers(file, settings))
            config = config.IsEmpty ? layer : config.WithFallback(layer);
        return config;
    }

    /// <summary>What <see cref="Build"/> puts together, what wins first: of settings the later one.</summary>
    /// <exception cref="CliException">A file cannot be read, or something is no configuration.</exception>
    public static IReadOnlyList<(string Name, Config Config)> Layers(string? file, IReadOnlyList<string> settings) =>
    [
        .. settings.Reverse().Select(static setting => ($"--set {setting}", Parse(setting))),
        .. file is null ? [] : (IEnumerable<(string, Config)>)[($"--config {file}", Read(file))],
        ("default of this command", Defaults),
    ];

    /// <summary>The keys of all settings of uTP, in their order.</summary>
    public static IReadOnlyList<string> Keys(Config reference) => [.. Leaves("utp", reference.GetValue("utp"))];

    private static IEnumerable<string> Leaves(string path, HoconValue value) =>
        value.IsObject() ? value.GetObject().Items.SelectMany(item => Leaves($"{path}.{item.Key}", item.Value)) : [path];

    private static Config Read(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"--config: {FileErrors.Reading(file, e)}", inner: e);
        }

        if (text.AsSpan().ContainsAny('\0', '\uFFFD'))
            throw CliException.WrongUsage($"--config: {file} is no text: name a HOCON file, as utp config prints one.");
        try
        {
            return ConfigurationFactory.ParseString(text);
        }
        catch (Exception e)
        {
            // Akka's HOCON throws exceptions of several kinds.
            throw CliException.WrongUsage($"--config: {file} is not HOCON ({Sentences.OneLine(e.Message)}): correct it, as utp config shows.", e);
        }
    }

    private static Config Parse(string setting)
    {
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw CliException.WrongUsage($"--set {setting} has no value: write --set key=value, as in --set utp.send-buffer=1MiB.");
        var key = setting[..equals].Trim();
        var value = setting[(equals + 1)..].Trim();
        if (!IsKey(key))
            throw CliException.WrongUsage($"--set {setting}: '{key}' is no key: keys start with utp. or akka., as in utp.send-buffer; utp config lists them.");
        try
        {
            // Lists and objects as HOCON, all else as text, so that any character may stand in it.
            return ConfigurationFactory.ParseString($"{key} = {(value.StartsWith('[') || value.StartsWith('{') ? value : Quoted(value))}");
        }
        catch (Exception e)
        {
            throw CliException.WrongUsage($"--set {setting}: the value is not HOCON ({Sentences.OneLine(e.Message)}): correct it.", e);
        }
    }

    // A key without its first part would set nothing, in silence.
    private static bool IsKey(string key)
    {
        var parts = key.Split('.');
        return parts.Length > 1 && parts[0] is "utp" or "akka" && parts.All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
    }

    private static string Quoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
            text.Append(c is '"' or '\\' ? "\\" : "").Append(c);
        return text.Append('"').ToString();
    }
}
