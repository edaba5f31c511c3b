using System.CommandLine;
using Akka.Configuration;
using Utp.Actors;

namespace Utp.Cli;

/// <summary>
/// <c>utp config</c>: the settings that would be in force, each with where it comes from. What is printed is HOCON, and can be given back with <c>--config</c>; so the list that
/// errors speak of is at hand also where the repository is not.
/// </summary>
internal static class ConfigCommand
{
    private const string Name = "config";

    public static Command Create(CommandRunner runner)
    {
        var command = new Command(Name, "Prints the settings that --config and --set lead to, and where each comes from; as HOCON.");
        runner.Attach(command, run => Task.FromResult(Show(run)));
        return command;
    }

    private static Outcome Show(CommandRun run)
    {
        try
        {
            UtpSettings.Parse(run.Configuration.WithFallback(ConfigurationFactory.Default()));
        }
        catch (ConfigurationException e)
        {
            throw CliException.WrongUsage(Sentences.OneLine(e.Message), e);
        }

        var output = run.Terminal.People.Profile.Out.Writer;
        var all = run.Configuration.WithFallback(UtpSettings.Reference);
        var keys = Configuration.Keys(UtpSettings.Reference);
        foreach (var key in keys)
        {
            var source = run.Sources.FirstOrDefault(layer => layer.Config.HasPath(key)).Name ?? "default";
            output.WriteLine($"{key} = {all.GetString(key)}  # {source}");
        }

        return new Outcome(Name).With("settings", (long)keys.Count);
    }
}
