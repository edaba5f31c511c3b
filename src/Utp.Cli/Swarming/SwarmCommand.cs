using System.CommandLine;
using System.Net;

namespace Utp.Cli;

/// <summary><c>utp swarm create|get|seed</c>: files over BitTorrent, on uTP alone.</summary>
internal static class SwarmCommand
{
    public static Command Create(CommandRunner runner) => new("swarm", "Exchanges files with BitTorrent clients, over uTP.")
    {
        SwarmCreateCommand.Create(runner),
        SwarmGetCommand.Create(runner),
        SwarmSeedCommand.Create(runner),
    };

    public static Option<bool> NoTrackers() => new("--no-trackers") { Description = "Ask no tracker: peers are named, or connect." };

    /// <summary>Peers to begin with; may be given several times.</summary>
    public static Option<EndPoint[]?> Peers() => new("--peer")
    {
        Description = "A peer to begin with; may be given several times.",
        HelpName = "HOST:PORT",
        CustomParser = result =>
        {
            var peers = new List<EndPoint>();
            foreach (var token in result.Tokens)
            {
                if (Addresses.TryParsePeer(token.Value, out var peer, out var problem))
                    peers.Add(peer!);
                else
                    result.AddError(problem);
            }

            return [.. peers];
        },
    };
}
