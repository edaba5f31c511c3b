using System.CommandLine;

namespace Utp.Cli;

/// <summary><c>utp bench remote</c>: Akka.Remote between two processes, over this library and over Akka's own TCP transport, each with and without TLS, in turn.</summary>
internal static class RemoteCommand
{
    private const string Name = "bench remote";
    private const int MaxRounds = 100;

    public static Command Create(CommandRunner runner)
    {
        var options = new BenchOptions(seconds: 3);
        var rounds = BenchOptions.Count("--rounds", "How often all is done; medians and ranges are shown.", 3, MaxRounds);
        var work = new Option<string>("--work") { Description = "Which work, with commas between, or all.", HelpName = "NAME|all", DefaultValueFactory = static _ => "all" };
        var over = new Option<string>("--over") { Description = "Which transports, with commas between, or all.", HelpName = "NAME|all", DefaultValueFactory = static _ => "all" };
        var markdown = new Option<string?>("--markdown") { Description = "Write the tables to this file, too, as docs/performance-remote.md is; works that are not done keep theirs.", HelpName = "FILE" };
        var serverHost = Host("--server-host", "The address at which the server listens.");
        var clientHost = Host("--client-host", "The address at which the client listens.");
        var serverVia = Via("--server-via", "Starts the server's process by this command, as 'ip netns exec NAME'.");
        var clientVia = Via("--client-via", "Starts the client's process by this command.");
        var where = new Option<string?>("--where") { Description = "The path between the two, as the titles say it.", HelpName = "TEXT" };
        var command = new Command("remote", "Akka.Remote between two processes, over uTP and over Akka's own TCP transport, with and without TLS.")
        {
            work, over, rounds, options.Seconds, options.WarmUp, markdown, serverHost, clientHost, serverVia, clientVia, where,
        };
        runner.Attach(command, run =>
        {
            var parsed = run.Parsed;
            IReadOnlyList<Contest> contests = CompareCommand.Chosen(parsed.GetValue(work)!, Contest.Remote, static c => c.Name, "work");
            if (parsed.GetValue(where) is { Length: > 0 } path)
                contests = [.. contests.Select(contest => contest with { Title = $"{contest.Title}; {path}" })];
            var plan = new ComparePlan(
                contests,
                CompareCommand.Chosen(parsed.GetValue(over)!, Contender.Remote, static c => c.Name, "transport"),
                parsed.GetValue(rounds),
                options.Job(parsed, new EndPlan { Work = BenchWork.RemoteTell, Carrier = BenchCarrier.RemoteUtp }),
                null)
            {
                Place = new EndPlace(parsed.GetValue(serverHost)!, parsed.GetValue(clientHost)!) { ServerVia = parsed.GetValue(serverVia), ClientVia = parsed.GetValue(clientVia) },
            };
            return CompareCommand.CompareAsync(run, Name, plan, parsed.GetValue(markdown), RemoteMarkdown.Write);
        });
        return command;
    }

    private static Option<string> Host(string name, string description) => new(name) { Description = description, HelpName = "ADDRESS", DefaultValueFactory = static _ => "127.0.0.1" };

    private static Option<string?> Via(string name, string description) => new(name) { Description = description, HelpName = "COMMAND" };
}
