namespace Utp.Architecture.Tests;

/// <summary>Where the sources lie, and where the built assemblies are: beside the tests, which reference them all.</summary>
internal static class House
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> SourceProjects =>
        Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(static folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    public static string AssemblyPath(string project)
    {
        // The command's assembly is named after the command.
        string[] names = project == "Utp.Cli" ? ["utp", project] : [project];
        return names.Select(static name => Path.Combine(AppContext.BaseDirectory, name + ".dll")).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{project} is not built beside the architecture tests: reference it in their project.");
    }

    /// <summary>
    /// A sample where its own build put it, in the configuration of these tests, which refer to it. The copy beside the tests does not run: it lacks what the
    /// tests take from a shared framework that the sample does not name.
    /// </summary>
    public static string SamplePath(string sample)
    {
        var tests = Path.Combine(Root, "tests", typeof(House).Assembly.GetName().Name!);
        var output = Path.Combine(Root, "samples", sample, Path.GetRelativePath(tests, AppContext.BaseDirectory), sample + ".dll");
        return File.Exists(output) ? output : throw new FileNotFoundException($"{sample} is not built at {output}: reference it in the tests' project.");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Utp.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("Utp.sln is in no folder above the tests.");
    }
}
