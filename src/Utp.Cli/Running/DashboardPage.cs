using System.CommandLine;
using System.Net;
using Akka.Actor;
using Utp.Dashboard;

namespace Utp.Cli;

/// <summary><c>--dashboard ADDR:PORT</c>: a page that shows the command's connections while it runs. A page that cannot be shown stops no transfer.</summary>
internal static class DashboardPage
{
    private const string Name = "--dashboard";

    /// <summary>Gives the option to a command.</summary>
    public static void AddTo(Command command)
    {
        var option = Parsers.Local(Name, required: false);
        option.Description = "Show the connections in a browser while the command runs, at this address; port 0 takes any free one. An address of the network shows them to everybody there.";
        command.Add(option);
    }

    /// <summary>Starts the page that was asked for; null: none was, or it cannot be.</summary>
    public static async Task<IAsyncDisposable?> StartAsync(CommandRun run, ActorSystem system)
    {
        var option = run.Parsed.CommandResult.Command.Options.OfType<Option<IPEndPoint?>>().FirstOrDefault(static option => option.Name == Name);
        return option is not null && run.Parsed.GetValue(option) is { } local ? await StartAsync(run, system, local).ConfigureAwait(false) : null;
    }

    private static async Task<IAsyncDisposable?> StartAsync(CommandRun run, ActorSystem system, IPEndPoint local)
    {
        var isOpen = !IPAddress.IsLoopback(local.Address);
        try
        {
            var server = await UtpDashboardServer.StartAsync(
                system,
                local,
                options =>
                {
                    options.AllowRemote = isOpen;
                    options.Title = run.Parsed.CommandResult.Command.Name;
                },
                run.Interrupt).ConfigureAwait(false);
            run.Terminal.Say($"The connections are shown at {server.Address}{(isOpen ? ", to everybody who reaches that port" : "")}.");
            return server;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
        {
            run.Terminal.Say($"No page: {Sentences.OneLine(e.Message).TrimEnd('.')}. Choose another address for {Name}, or port 0 for any free one; the command goes on without it.");
            return null;
        }
    }
}
