using System.CommandLine;

namespace Utp.Links.Commands;

/// <summary>Writes a table into a page, between two marks that carry its name; everything else there stays.</summary>
internal static class MarkdownPage
{
    public static Option<string?> Option() => new("--markdown") { Description = "Write the table into this page, between the marks of this command.", HelpName = "FILE" };

    /// <exception cref="InvalidOperationException">The page has no such marks.</exception>
    public static void Write(string? file, string name, string table)
    {
        if (file is null)
            return;
        var (begin, end) = ($"<!-- links {name}: begin -->", $"<!-- links {name}: end -->");
        var page = File.ReadAllText(file);
        var from = page.IndexOf(begin, StringComparison.Ordinal);
        var to = page.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
            throw new InvalidOperationException($"{file} has no lines '{begin}' and '{end}': write them where the table is to stand.");
        File.WriteAllText(file, $"{page[..(from + begin.Length)]}\n{table}{page[to..]}");
    }
}
