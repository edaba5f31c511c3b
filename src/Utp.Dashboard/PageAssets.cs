using System.Text;

namespace Utp.Dashboard;

/// <summary>A file of the page.</summary>
internal sealed record PageAsset(string Name, string Type, byte[] Bytes);

/// <summary>The page's files, which lie in the assembly.</summary>
internal static class PageAssets
{
    private const string TitleMark = "@title@";

    private static readonly string Html = Encoding.UTF8.GetString(Read("index.html"));

    /// <summary>What the page loads.</summary>
    public static IReadOnlyList<PageAsset> All { get; } =
    [
        Asset("page.css", "text/css; charset=utf-8"),
        Asset("page.js", "text/javascript; charset=utf-8"),
        Asset("table.js", "text/javascript; charset=utf-8"),
        Asset("connection.js", "text/javascript; charset=utf-8"),
        Asset("draw.js", "text/javascript; charset=utf-8"),
        Asset("text.js", "text/javascript; charset=utf-8"),
        Asset("icon.svg", "image/svg+xml"),
    ];

    /// <summary>The page.</summary>
    /// <param name="title">As HTML.</param>
    public static byte[] Page(string title) => Encoding.UTF8.GetBytes(Html.Replace(TitleMark, title, StringComparison.Ordinal));

    private static PageAsset Asset(string name, string type) => new(name, type, Read(name));

    private static byte[] Read(string name)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream("page/" + name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
