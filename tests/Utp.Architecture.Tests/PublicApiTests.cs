using System.Reflection;
using PublicApiGenerator;
using Xunit;

namespace Utp.Architecture.Tests;

/// <summary>
/// What each library shows to its users, compared with the text in <c>PublicApi/</c> that was approved in review, so that no change of it goes unseen. To accept
/// one: <c>UTP_ACCEPT_API=1 dotnet test tests/Utp.Architecture.Tests -c Release --filter PublicApiTests</c>, and commit the files.
/// </summary>
public sealed class PublicApiTests
{
    private static readonly string Folder = Path.Combine(House.Root, "tests", "Utp.Architecture.Tests", "PublicApi");

    private static readonly ApiGeneratorOptions Options = new()
    {
        // What the compiler writes says nothing of the interface.
        IncludeAssemblyAttributes = false,
        ExcludeAttributes = ["System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute", "System.Runtime.CompilerServices.IteratorStateMachineAttribute"],
    };

    public static TheoryData<string> Libraries => [.. Names];

    // Commands are no libraries.
    private static IEnumerable<string> Names => House.SourceProjects.Where(static project => !House.Commands.ContainsKey(project));

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_shows_what_was_approved(string library)
    {
        var shown = Assembly.LoadFrom(House.AssemblyPath(library)).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        var file = Path.Combine(Folder, library + ".txt");
        if (Environment.GetEnvironmentVariable("UTP_ACCEPT_API") == "1")
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllText(file, shown);
        }

        Assert.True(File.Exists(file), $"{file} is missing: accept what {library} shows as the summary of {nameof(PublicApiTests)} says.");
        Assert.True(
            File.ReadAllText(file) == shown,
            $"{library} shows something else than {file} says:\n{string.Join('\n', Differences(File.ReadAllLines(file), shown.TrimEnd().Split('\n')))}\n"
                + "If that is meant, run this test with UTP_ACCEPT_API=1 and commit the file.");
    }

    [Fact]
    public void Every_approved_text_is_that_of_a_library() =>
        Assert.Equal(Names, Directory.EnumerateFiles(Folder, "*.txt").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal));

    // Enough to see what changed; the file's own difference shows where.
    private static IEnumerable<string> Differences(string[] approved, string[] shown) =>
        [.. approved.Except(shown).Select(static line => "- " + line.Trim()), .. shown.Except(approved).Select(static line => "+ " + line.Trim())];
}
