namespace Utp.Architecture.Tests;

/// <summary>Where the sources lie, and where the built assemblies are: beside the tests, which reference them all.</summary>
internal static class House
{
    public static string Root { get; } = FindRoot();

    /// <summary>The projects that are commands, and these.</summary>
    public static IReadOnlyDictionary<string, string> Commands { get; } = new Dictionary<string, string> { ["Utp.Cli"] = "utp", ["Utp.Plot"] = "utp-plot" };

    public static IEnumerable<string> SourceProjects =>
        Directory.EnumerateDirectories(Path.Combine(Root, "src")).Select(static folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    /// <summary>The repository's own files of these patterns: without what is built, installed or planted.</summary>
    public static IEnumerable<string> TextFiles(params string[] patterns) =>
        patterns.SelectMany(static pattern => Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories))
            .Where(static file => !file[Root.Length..].Split(Path.DirectorySeparatorChar).Any(static folder => folder is "bin" or "obj" or "node_modules" or ".git"))
            .Order(StringComparer.Ordinal);

    public static string AssemblyPath(string project)
    {
        // A command's assembly is named after the command.
        string[] names = Commands.TryGetValue(project, out var command) ? [command, project] : [project];
        return names.Select(static name => Path.Combine(AppContext.BaseDirectory, name + ".dll")).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{project} is not built beside the architecture tests: reference it in their project.");
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
