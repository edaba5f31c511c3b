namespace Utp.Dashboard.Tests;

/// <summary>Where the sources lie.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Utp.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("Utp.sln is in no folder above the tests.");
    }
}
