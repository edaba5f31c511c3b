using System.CommandLine;
using Akka.Configuration;

namespace Utp.Cli;

/// <summary>The options that every command has.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string?> _config = new("--config") { Description = "A configuration file (HOCON; utp config lists all settings).", HelpName = "FILE", Recursive = true };
    private readonly Option<string[]> _set = new("--set") { Description = "One setting, over the file; may be repeated.", HelpName = "key=value", Recursive = true };
    private readonly Option<bool> _json = new("--json") { Description = "Print the outcome as one JSON object, the last line of standard error.", Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Add(_config);
        root.Add(_set);
        root.Add(_json);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    /// <summary>What was said about the configuration, as another process of this command is told it; settings that are given here stand below those of the user.</summary>
    public IEnumerable<string> Forward(ParseResult parsed, IEnumerable<string> settings)
    {
        string[] file = parsed.GetValue(_config) is { } config ? ["--config", config] : [];
        return [.. file, .. settings.Concat(parsed.GetValue(_set) ?? []).SelectMany(static setting => new[] { "--set", setting })];
    }

    /// <summary>The layers of what <see cref="Configuration"/> gives.</summary>
    public IReadOnlyList<(string Name, Config Config)> Sources(ParseResult parsed) => Cli.Configuration.Layers(parsed.GetValue(_config), parsed.GetValue(_set) ?? []);

    /// <exception cref="CliException">A file cannot be read, or something is no configuration.</exception>
    public Config Configuration(ParseResult parsed) => Cli.Configuration.Build(parsed.GetValue(_config), parsed.GetValue(_set) ?? []);
}
