using System.Diagnostics;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>The protocol reads no clock, draws no random number, waits for nothing and knows no socket: all that is an argument.</summary>
public sealed class BlindCoreTests
{
    private static readonly string[] ForbiddenTypes =
    [
        "System.DateTime", "System.DateTimeOffset", "System.DateOnly", "System.TimeOnly", "System.TimeProvider", "System.Diagnostics.Stopwatch",
        "System.Environment", "System.Random", "System.Guid", "System.Console",
    ];

    private static readonly string[] ForbiddenNamespaces =
    [
        // Tasks, threads, timers; `lock` is System.Threading.Monitor or Lock.
        "System.Threading.", "System.Net.", "System.IO.", "System.Security.Cryptography.", "Akka.",
    ];

    // The budget that connections share is a counter; nobody waits for it.
    private static readonly string[] AllowedTypes = ["System.Threading.Interlocked"];

    [Fact]
    public void The_protocol_names_no_clock_chance_thread_or_socket() =>
        Assert.Empty(Forbidden(AssemblyReferences.Of(House.AssemblyPath("Utp.Protocol"))));

    [Fact]
    public void The_check_sees_what_another_assembly_names()
    {
        // The check itself, on this assembly and on the sockets'.
        lock (new object())
            Assert.True(Stopwatch.GetTimestamp() != 0 && DateTime.UtcNow.Year > 0 && Random.Shared.Next() >= 0);

        var here = Forbidden(AssemblyReferences.Of(typeof(BlindCoreTests).Assembly.Location));
        Assert.Contains("System.Diagnostics.Stopwatch", here);
        Assert.Contains("System.DateTime", here);
        Assert.Contains("System.Random", here);
        Assert.Contains("System.Threading.Monitor", here);
        Assert.Contains("System.Net.Sockets.Socket", Forbidden(AssemblyReferences.Of(House.AssemblyPath("Utp.Sockets"))));
    }

    private static IEnumerable<string> Forbidden(AssemblyReferences references) =>
        references.Types.Except(AllowedTypes).Where(static type =>
            ForbiddenTypes.Contains(type) || ForbiddenNamespaces.Any(name => type.StartsWith(name, StringComparison.Ordinal)));
}
