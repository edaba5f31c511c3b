using System.Globalization;
using Akka.Configuration;

namespace Utp.Hosting;

/// <summary><see cref="UtpRemotingOptions"/> as the section of the transport. Ranges are not judged here: the transport judges its section when it starts.</summary>
internal static class RemotingHocon
{
    private const string Section = "akka.remote.utp";

    public static Config Write(UtpRemotingOptions options)
    {
        var lines = new List<string>();
        Add(lines, "hostname", options.Hostname);
        Add(lines, "port", Number(options.Port));
        Add(lines, "public-hostname", options.PublicHostname);
        Add(lines, "public-port", Number(options.PublicPort));
        Add(lines, "maximum-frame-size", options.MaximumFrameBytes is { } bytes ? Number(bytes) + "b" : null);
        Add(lines, "lanes.control", options.ControlLane is { } control ? control ? "on" : "off" : null);
        Add(lines, "lanes.ordinary", Number(options.OrdinaryLanes));
        if (options.LargeMessageDestinations.Count > 0)
            lines.Add($"large-message-destinations = [{string.Join(", ", options.LargeMessageDestinations.Select(Quoted))}]");
        if (options.Certificate is not null)
            lines.Add("enable-ssl = on");
        var typed = ConfigurationFactory.ParseString($$"""
            akka.remote.enabled-transports = ["{{Section}}"]
            {{Section}} {
              transport-class = "Utp.Remote.UtpTransport, Utp.Remote"
              {{string.Join('\n', lines)}}
            }
            """);
        return string.IsNullOrWhiteSpace(options.Hocon) ? typed : typed.WithFallback(ConfigurationFactory.ParseString($"{Section} {{\n{options.Hocon}\n}}"));
    }

    private static void Add(List<string> lines, string key, string? value)
    {
        if (value is not null)
            lines.Add($"{key} = {Quoted(value)}");
    }

    // So that no value is taken for syntax.
    private static string Quoted(string value) => $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string? Number(int? value) => value?.ToString(CultureInfo.InvariantCulture);
}
