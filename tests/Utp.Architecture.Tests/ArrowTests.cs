using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>The arrows between the projects, as docs/architecture.md draws them.</summary>
public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Utp.Protocol"] = [],
        ["Utp.Sockets"] = [],
        ["Utp.Simulation"] = ["Utp.Protocol", "Utp.Sockets"],
        ["Utp.Messages"] = ["Utp.Protocol"],
        ["Utp.Actors"] = ["Utp.Protocol", "Utp.Messages", "Utp.Sockets"],
        ["Utp.Streams"] = ["Utp.Protocol", "Utp.Messages", "Utp.Actors"],
        ["Utp.BitTorrent"] = ["Utp.Protocol", "Utp.Messages", "Utp.Streams"],
        ["Utp.Kestrel"] = ["Utp.Protocol", "Utp.Messages", "Utp.Actors", "Utp.Streams"],
        ["Utp.Remote"] = ["Utp.Protocol", "Utp.Messages", "Utp.Actors"],
        ["Utp.Hosting"] = ["Utp.Protocol", "Utp.Messages", "Utp.Actors", "Utp.Remote"],
        ["Utp.Plot"] = ["Utp.Protocol", "Utp.Simulation"],
        ["Utp.OpenTelemetry"] = ["Utp.Actors"],
        ["Utp.Dashboard"] = ["Utp.Protocol", "Utp.Messages", "Utp.Actors"],
        ["Utp.Cli"] = ["Utp.Protocol", "Utp.Sockets", "Utp.Simulation", "Utp.Messages", "Utp.Actors", "Utp.Streams", "Utp.Kestrel", "Utp.Remote", "Utp.BitTorrent", "Utp.Dashboard"],
    };

    public static TheoryData<string> Projects => [.. House.SourceProjects];

    [Fact]
    public void Every_project_has_its_arrows_drawn() =>
        Assert.Equal(Arrows.Keys.Order(StringComparer.Ordinal), House.SourceProjects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_points_only_where_its_arrows_do(string project)
    {
        var references = AssemblyReferences.Of(House.AssemblyPath(project));

        var ours = references.Assemblies.Where(static name => name.StartsWith("Utp.", StringComparison.Ordinal));
        Assert.Empty(ours.Except(Arrows[project]));
    }

    [Theory]
    [InlineData("Utp.Protocol")]
    [InlineData("Utp.Sockets")]
    [InlineData("Utp.Simulation")]
    public void Below_the_actors_nothing_but_the_framework_is_needed(string project)
    {
        var references = AssemblyReferences.Of(House.AssemblyPath(project));

        Assert.All(references.Assemblies, static name =>
            Assert.True(name.StartsWith("Utp.", StringComparison.Ordinal) || name.StartsWith("System.", StringComparison.Ordinal), name));
    }

    // BitTorrent is a user of the streams like any other: what it could not do with them, no other user could.
    [Fact]
    public void BitTorrent_needs_no_actor() => Assert.DoesNotContain("Utp.Actors", AssemblyReferences.Of(House.AssemblyPath("Utp.BitTorrent")).Assemblies);

    [Fact]
    public void The_arrows_are_read_from_the_assemblies()
    {
        // The check itself: what the actors must reference is seen.
        var references = AssemblyReferences.Of(House.AssemblyPath("Utp.Actors"));

        Assert.Contains("Utp.Protocol", references.Assemblies);
        Assert.Contains("Akka", references.Assemblies);
    }

    [Fact]
    public void Only_the_sockets_may_be_unsafe()
    {
        var unsafeProjects = House.SourceProjects.Where(static project =>
            File.ReadAllText(Path.Combine(House.Root, "src", project, project + ".csproj")).Contains("AllowUnsafeBlocks", StringComparison.Ordinal));

        Assert.Empty(unsafeProjects.Except(["Utp.Sockets"]));
    }
}
