using Utp.Messages;
using Utp.Protocol;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>docs/guide-actors.md says of every cause what to do.</summary>
public sealed class GuideTests
{
    // What is no error, or ends an attempt, which FailureCause tells.
    private static readonly CloseCause[] Others = [CloseCause.None, CloseCause.Closed, CloseCause.ConfirmedClosed, CloseCause.PeerClosed, CloseCause.ConnectTimeout];

    private static readonly string[] FirstCells =
    [
        .. File.ReadLines(Path.Combine(House.Root, "docs", "guide-actors.md")).Where(static line => line.StartsWith('|')).Select(static line => line.Split('|')[1]),
    ];

    [Fact]
    public void Every_cause_of_a_failed_command_is_explained() =>
        Assert.All(Enum.GetNames<FailureCause>(), static name => Assert.Contains(FirstCells, cell => cell.Contains($"`{name}`", StringComparison.Ordinal)));

    [Fact]
    public void Every_error_that_ends_a_connection_is_explained() =>
        Assert.All(Enum.GetValues<CloseCause>().Except(Others), static cause => Assert.Contains(FirstCells, cell => cell.Contains($"`{cause}`", StringComparison.Ordinal)));
}
