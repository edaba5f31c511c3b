using System.Reflection;
using System.Text.RegularExpressions;
using Utp.Actors;
using Utp.Protocol;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>A connection is a façade over components that own their state (design note 0055). What that means is read from the built core and from its sources.</summary>
public sealed partial class ComponentTests
{
    private static readonly string Core = Path.Combine(House.Root, "src", "Utp.Protocol");
    private static readonly Type Parts = typeof(UtpConnection).Assembly.GetType("Utp.Protocol.ConnectionParts", throwOnError: true)!;

    private static IEnumerable<Type> Components => Parts.GetProperties()
        .Select(static property => property.PropertyType)
        .Where(static type => type is { IsClass: true, IsNotPublic: true });

    private static IEnumerable<string> Sources => Directory.EnumerateFiles(Core, "*.cs", SearchOption.AllDirectories)
        .Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [Fact]
    public void The_facade_has_at_most_250_lines() =>
        Assert.InRange(File.ReadLines(Path.Combine(Core, "Connection", "UtpConnection.cs")).Count(), 1, 250);

    [Fact]
    public void No_class_of_the_core_is_in_parts() =>
        Assert.All(Sources, static file => Assert.DoesNotMatch(@"\bpartial\s+(class|struct|record)\b", File.ReadAllText(file)));

    [Fact]
    public void Every_component_is_sealed_and_alone_writes_its_fields()
    {
        Assert.True(Components.Count() >= 25, $"{Components.Count()} components were found");
        Assert.All(Components, AssertIsComponent);
    }

    // What components pass around by reference has fields: each of them is written in one file.
    [Fact]
    public void Every_field_of_an_outstanding_packet_is_written_in_one_file()
    {
        var packet = typeof(UtpConnection).Assembly.GetType("Utp.Protocol.OutstandingPacket", throwOnError: true)!;
        Assert.All(packet.GetFields(), static field =>
        {
            var assignment = new Regex($@"\.{field.Name}(\s*([+\-|&]?=)(?![=>])|\+\+|--)");
            var writers = Sources.Where(file => assignment.IsMatch(File.ReadAllText(file))).Select(static file => Path.GetFileName(file)).ToArray();
            Assert.True(writers.Length <= 1, $"{field.Name}: {string.Join(", ", writers)}");
        });
    }

    [Fact]
    public void Every_timer_has_one_owner()
    {
        var owners = Sources
            .SelectMany(static file => TimerWrite().Matches(File.ReadAllText(file)).Select(match => (Kind: match.Groups["kind"].Value, File: Path.GetFileName(file))))
            .Distinct()
            .ToLookup(static write => write.Kind, static write => write.File);

        Assert.All(Enum.GetNames<TimerKind>(), kind => Assert.True(owners[kind].Count() == 1, $"{kind}: {string.Join(", ", owners[kind])}"));
    }

    // A constructor's parameters are the arrows: whoever is made from another knows it, and a circle could not be made at all. Conductors alone are made from everything.
    [Fact]
    public void Only_conductors_know_everything() =>
        Assert.Equal(
            ["Deadlines", "Inbound", "Outbound"],
            Components
                .Where(static component => component.GetConstructors().Single().GetParameters().Any(static parameter => parameter.ParameterType == Parts))
                .Select(static component => component.Name)
                .Order(StringComparer.Ordinal));

    // The actor of a connection is cut the same way (design note 0037). What the listener's table holds of it is the listener's, too.
    [Fact]
    public void Every_component_beside_a_connections_actor_is_sealed_and_alone_writes_its_fields()
    {
        var session = typeof(UtpSettings).Assembly.GetType("Utp.Actors.ConnectionSession", throwOnError: true)!;
        var components = session.GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
            .Select(static field => field.FieldType)
            .Where(type => type.Assembly == session.Assembly && type.Name != "ConnectionHandle")
            .Append(session)
            .ToArray();
        Assert.True(components.Length >= 12, $"{components.Length} components were found");
        Assert.All(components, AssertIsComponent);
    }

    [Fact]
    public void The_session_of_a_connection_has_only_what_follows_in_which_order() =>
        Assert.InRange(File.ReadLines(Path.Combine(House.Root, "src", "Utp.Actors", "Connections", "ConnectionSession.cs")).Count(), 1, 375);

    private static void AssertIsComponent(Type component)
    {
        Assert.True(component.IsSealed, component.Name);
        Assert.All(
            component.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic),
            field => Assert.True(field.IsPrivate, $"{component.Name}.{field.Name}"));
        Assert.All(
            component.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic),
            property => Assert.True(property.SetMethod is null or { IsPrivate: true }, $"{component.Name}.{property.Name}"));
    }

    [GeneratedRegex(@"timers\.(?:Arm|Stop)\(TimerKind\.(?<kind>\w+)")]
    private static partial Regex TimerWrite();
}
