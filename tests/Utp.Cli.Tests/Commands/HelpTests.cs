using System.CommandLine;
using System.Text.RegularExpressions;
using Xunit;

namespace Utp.Cli.Tests;

/// <summary>What the help says can be done as it says.</summary>
public partial class HelpTests
{
    [Fact]
    public async Task Every_default_that_the_help_shows_is_taken_as_an_argument()
    {
        var checkedDefaults = 0;
        foreach (var path in Paths(NewRoot()))
        {
            using var run = UtpRun.Start([.. path, "--help"]);
            Assert.Equal(ExitCode.Done, await run.ExitAsync());
            foreach (Match line in Default().Matches(run.PeopleText))
            {
                var (name, value) = (line.Groups[1].Value, line.Groups[2].Value);
                var parsed = CommandLine.Parse(NewRoot(), [.. path, name, value]);
                var about = parsed.Errors.Where(error => error.Message.Contains(value, StringComparison.Ordinal) || error.Message.Contains(name, StringComparison.Ordinal));
                Assert.True(!about.Any() && parsed.UnmatchedTokens.Count == 0, $"utp {string.Join(' ', path)} {name} {value}: {string.Join('|', about.Select(static error => error.Message))}");
                checkedDefaults++;
            }
        }

        Assert.True(checkedDefaults >= 20, $"{checkedDefaults}");
    }

    [Fact]
    public async Task Every_command_shows_examples_that_can_be_typed_and_fit_narrow_terminals()
    {
        foreach (var path in Paths(NewRoot()))
        {
            var examples = HelpExamples.Of(string.Join(' ', path));
            using var run = UtpRun.Start([.. path, "--help"]);
            Assert.Equal(ExitCode.Done, await run.ExitAsync());
            // What only holds commands is explained by them.
            var command = path.Aggregate((Command)NewRoot(), static (at, name) => at.Subcommands.Single(c => c.Name == name));
            Assert.True(examples.Count > 0 || command.Subcommands.Count > 0 || path[0] == "bench", $"utp {string.Join(' ', path)} has no example.");
            foreach (var (line, what) in examples)
            {
                Assert.Contains(line, run.PeopleText, StringComparison.Ordinal);
                Assert.InRange(Math.Max(line.Length + 2, what.Length + 4), 1, 60);
                var words = line[line.IndexOf("utp ", StringComparison.Ordinal)..].Split('|', ')')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];
                Assert.True(UsageErrors.Of(CommandLine.Parse(NewRoot(), words)) is null, $"{line}: {UsageErrors.Of(CommandLine.Parse(NewRoot(), words))}");
            }
        }
    }

    [Theory]
    [InlineData("send --resum FILE 127.0.0.1:9", "did you mean --resume? utp send takes ")]
    [InlineData("receive --bnd 127.0.0.1:0 --out x", "did you mean --bind? ")]
    [InlineData("sned FILE 127.0.0.1:9", "There is no command 'sned': did you mean send? utp has demo, send, ")]
    [InlineData("bench bluk", "did you mean bulk? utp bench has bulk, ")]
    [InlineData("send", "PATH is missing: utp send takes PATH... HOST:PORT (see utp send --help).")]
    [InlineData("send FILE", "HOST:PORT is missing: utp send takes PATH... HOST:PORT (see utp send --help).")]
    [InlineData("send FILE 127.0.0.1:9 more", "'more' lacks the port: write HOST:PORT")]
    [InlineData("cat 127.0.0.1:9 more", "'more' is one too many: utp cat takes HOST:PORT")]
    [InlineData("echo", "--bind is missing: add --bind ADDR:PORT (see utp echo --help).")]
    [InlineData("simulate --markdown", "--markdown has no value: write --markdown FILE")]
    [InlineData("", "No command is given: utp has demo, ")]
    public async Task What_is_wrong_is_said_with_what_there_is_and_where_to_read_on(string line, string says)
    {
        using var run = UtpRun.Start(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
        var error = Assert.Single(run.ErrorLines);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.EndsWith(" --help).", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_settings_in_force_are_printed_with_their_source_and_can_be_given_back()
    {
        using var folder = new TestFolder();
        var file = folder.Add("own.conf", "utp.pacing = off\nutp.rto.min = 20ms"u8.ToArray());
        string[] given = ["--config", file, "--set", "utp.send-buffer=1MiB", "--set", "utp.send-buffer=2MiB"];
        using var run = UtpRun.Start(["config", .. given]);
        Assert.Equal(ExitCode.Done, await run.ExitAsync());
        var lines = run.PeopleText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.TrimEnd()).ToList();
        Assert.Contains("utp.send-buffer = 2MiB  # --set utp.send-buffer=2MiB", lines);
        Assert.Contains($"utp.pacing = off  # --config {file}", lines);
        Assert.Contains("utp.keep-alive = 5s  # default of this command", lines);
        Assert.Contains("utp.max-timeouts = 8  # default", lines);

        var printed = folder.Add("printed.conf", System.Text.Encoding.UTF8.GetBytes(run.PeopleText));
        using var again = UtpRun.Start("config", "--config", printed);
        Assert.Equal(ExitCode.Done, await again.ExitAsync());
        Assert.Equal(lines.Select(Setting), again.PeopleText.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Setting));

        using var wrong = UtpRun.Start("config", "--set", "utp.send-buffer=1");
        Assert.Equal(ExitCode.WrongUsage, await wrong.ExitAsync());

        static string Setting(string line) => line[..line.IndexOf("  #", StringComparison.Ordinal)];
    }

    [Theory]
    [InlineData("echo --bind 127.0.0.1:0 -6", "127.0.0.1:0 is no address of IPv6")]
    [InlineData("echo --bind [::1]:0 -4", "[::1]:0 is no address of IPv4")]
    [InlineData("cat 127.0.0.1:9 -6", "is no address of IPv6")]
    [InlineData("send FILE 127.0.0.1:9 -4 -6", "exclude each other")]
    public async Task An_address_of_the_other_IP_version_is_refused(string line, string says)
    {
        using var run = UtpRun.Start(line.Replace("FILE", typeof(HelpTests).Assembly.Location, StringComparison.Ordinal).Split(' '));
        Assert.Equal(ExitCode.WrongUsage, await run.ExitAsync());
        Assert.Contains(says, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_addresses_of_one_IP_version_are_bound_and_a_name_is_resolved_to_it()
    {
        using var echo = UtpRun.Start("echo", "--bind", "*:0", "-4");
        var address = await echo.ListeningAsync();
        Assert.StartsWith("0.0.0.0:", address, StringComparison.Ordinal);
        var heard = new HeardStream(1);
        using var cat = UtpRun.Start(["cat", "localhost:" + address.Split(':')[1], "-4", "--json"], new MemoryStream([7]), heard);
        Assert.Equal(ExitCode.Done, await cat.ExitAsync());
        Assert.StartsWith("127.0.0.1:", cat.Json.GetProperty("peer").GetString(), StringComparison.Ordinal);
    }

    private static RootCommand NewRoot()
    {
        var common = new CommonOptions();
        var terminal = new Terminal(Stream.Null, Stream.Null, TextWriter.Null, static () => throw new InvalidOperationException(), null);
        return CommandLine.Create(common, new CommandRunner(common, terminal, CancellationToken.None));
    }

    private static IEnumerable<string[]> Paths(Command command, params string[] path) =>
        command.Subcommands.Where(static c => !c.Hidden).SelectMany(c => Paths(c, [.. path, c.Name])).Prepend(path);

    [GeneratedRegex(@"^\s+(--[a-z-]+)[^\n]*?\[default: ([^\]\n]*)\]", RegexOptions.Multiline)]
    private static partial Regex Default();
}
