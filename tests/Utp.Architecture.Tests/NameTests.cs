using System.Reflection;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>Programs use several of the packages at once, with a using directive for each: a name that two of them have could not be written (CS0104).</summary>
public sealed class NameTests
{
    // The command is no library.
    private static IEnumerable<Type> PublicTypes => House.SourceProjects.Where(static project => project != "Utp.Cli")
        .SelectMany(static project => Assembly.LoadFrom(House.AssemblyPath(project)).GetExportedTypes()).Where(static type => !type.IsNested);

    [Fact]
    public void No_two_packages_have_a_public_type_of_the_same_name()
    {
        var twice = PublicTypes.GroupBy(static type => type.Name)
            .Where(static group => group.Select(static type => type.Assembly).Distinct().Count() > 1)
            .Select(static group => string.Join(" and ", group.Select(static type => type.FullName)));

        Assert.Empty(twice);
        Assert.True(PublicTypes.Count() > 200);
    }
}
