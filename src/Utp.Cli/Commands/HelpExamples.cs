using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Utp.Cli;

/// <summary>Examples below the help of each command.</summary>
internal sealed class HelpExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, (string Line, string What)[]> Examples = new(StringComparer.Ordinal)
    {
        [""] = [("utp demo", "what it is, in half a minute"), ("utp receive --bind *:9000 --out inbox", "on one machine"), ("utp send report.pdf photos/ host:9000", "on another one")],
        ["demo"] = [("utp demo --size 1GiB", "")],
        ["send"] =
        [
            ("utp send disk.img host:9000", "one file: its bytes are the connection's"),
            ("utp send --preserve photos/ notes.txt host:9000", "a folder and a file, with permissions and times"),
            ("utp send --resume --limit 2MB disk.img host:9000", "go on where it stopped, at most 2 MB a second"),
            ("tar -c photos | utp send - host:9000", "standard input, also to programs of others"),
        ],
        ["receive"] =
        [
            ("utp receive --bind *:9000 --out disk.img --once", "one file"),
            ("utp receive --bind *:9000 --out . --once", "a folder or several files, under their own names"),
            ("utp receive --bind *:9000 --out inbox", "whatever comes, until Ctrl-C"),
            ("utp receive --bind *:9000 --out - | tar -x", "standard output"),
        ],
        ["cat"] = [("utp cat --listen *:9000", "on one machine"), ("utp cat host:9000", "on another one")],
        ["echo"] = [("utp echo --bind *:9000", "")],
        ["swarm create"] = [("utp swarm create photos --tracker udp://tracker.example:80", "writes photos.torrent")],
        ["swarm get"] = [("utp swarm get photos.torrent --out downloads", "")],
        ["swarm seed"] = [("utp swarm seed photos.torrent --in downloads", "")],
        ["simulate"] = [("utp simulate --profile all", "every profile, with the default law"), ("utp simulate --profile loss-1 --congestion lbe,cubic", "")],
        ["bench bulk"] = [("utp bench bulk", "two processes on this machine"), ("utp bench bulk host:9000 --seconds 30", "to another one, where utp bench serve runs")],
        ["bench ping"] = [("utp bench ping --size 64", "")],
        ["bench idle"] = [("utp bench idle --connections 10000", "")],
        ["bench accept"] = [("utp bench accept --connections 100", "")],
        ["bench serve"] = [("utp bench serve --bind *:9000", "")],
        ["doctor"] = [("utp doctor", "this machine"), ("utp doctor host:9000", "and the way to another one")],
        ["top"] = [("utp echo --bind *:9000 --dashboard 127.0.0.1:8029", "in one terminal"), ("utp top 127.0.0.1:8029", "in another one")],
        ["trace plot"] = [("utp trace plot connection.sqlog", "draws it beside the record")],
        ["config"] = [("utp config --set utp.send-buffer=4MiB", "the settings that would be in force")],
        ["completion"] = [("source <(utp completion bash)", "in the shell's start file")],
    };

    /// <summary>The examples of a command, by its words without <c>utp</c>; none: it has none.</summary>
    public static IReadOnlyList<(string Line, string What)> Of(string path) => Examples.GetValueOrDefault(path, []);

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var (configuration, output) = (parseResult.InvocationConfiguration, parseResult.InvocationConfiguration.Output);
        using var text = new StringWriter();
        configuration.Output = text;
        var code = help.Invoke(parseResult);
        configuration.Output = output;
        var command = parseResult.CommandResult.Command;
        // Several words are one argument where the last of them means something else; the help knows its name alone.
        output.Write(command.Arguments.Where(static argument => argument.HelpName is not null)
            .Aggregate(text.ToString(), static (all, argument) => all.Replace($"<{argument.Name}>...", Shown(argument.HelpName!), StringComparison.Ordinal)));
        var examples = Of(UsageErrors.Path(command));
        if (examples.Count == 0)
            return code;
        output.WriteLine("Examples:");
        // One below the other, so that a narrow terminal breaks none.
        foreach (var (line, what) in examples)
        {
            if (what.Length > 0)
                output.WriteLine($"  # {what}");
            output.WriteLine($"  {line}");
        }

        output.WriteLine();
        return code;
    }

    private static string Shown(string words) => string.Join(' ', words.Split(' ').Select(static word => word.EndsWith("...", StringComparison.Ordinal) ? $"<{word[..^3]}>..." : $"<{word}>"));
}
