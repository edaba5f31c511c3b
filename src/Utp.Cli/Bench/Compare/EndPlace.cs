using System.Diagnostics;

namespace Utp.Cli;

/// <summary>Where the two ends run: here, on loopback, or behind a command that starts them elsewhere, as <c>ip netns exec NAME</c> does.</summary>
/// <param name="ServerHost">The address at which the server listens, and the client finds it.</param>
/// <param name="ClientHost">The client's own.</param>
internal sealed record EndPlace(string ServerHost = "127.0.0.1", string ClientHost = "127.0.0.1")
{
    public string? ServerVia { get; init; }

    public string? ClientVia { get; init; }

    /// <summary>The program of an end, behind the command for that end.</summary>
    public ProcessStartInfo Start(EndPlan plan, ProcessStartInfo program) =>
        (plan.IsServer ? ServerVia : ClientVia)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var first, .. var rest]
            ? new ProcessStartInfo(first, [.. rest, program.FileName, .. program.ArgumentList])
            : program;
}
