using System.Globalization;

namespace Utp.Cli;

/// <summary>Which rows <c>utp top</c> shows, and in which order. Changed by keys, read by the drawing: each field is written whole.</summary>
internal sealed class TopView(string sort)
{
    /// <summary>The head above, the line below, and the borders.</summary>
    public const int LinesBesideRows = 7;

    /// <summary>The columns that can order the table.</summary>
    public static readonly string[] Columns = ["remote", "state", "age", "rate", "total", "rtt", "queue", "window", "loss"];

    public string Sort { get; private set; } = sort;

    public bool Descending { get; private set; } = sort is not ("remote" or "state");

    public int First { get; private set; }

    /// <summary>As the page's server takes it.</summary>
    public string Query(int lines) => string.Create(
        CultureInfo.InvariantCulture, $"sort={Sort}&down={(Descending ? 1 : 0)}&first={First}&count={Math.Clamp(lines - LinesBesideRows, 1, 200)}");

    /// <summary>A key; whether something else is shown.</summary>
    public bool OnKey(ConsoleKeyInfo key, int page)
    {
        switch (key)
        {
            case { KeyChar: 's' }:
                Sort = Columns[(Array.IndexOf(Columns, Sort) + 1) % Columns.Length];
                Descending = Sort is not ("remote" or "state");
                First = 0;
                return true;
            case { KeyChar: 'r' }:
                Descending = !Descending;
                return true;
            case { Key: ConsoleKey.DownArrow }:
                First++;
                return true;
            case { Key: ConsoleKey.UpArrow }:
                First = Math.Max(0, First - 1);
                return true;
            case { Key: ConsoleKey.PageDown or ConsoleKey.Spacebar }:
                First += page;
                return true;
            case { Key: ConsoleKey.PageUp }:
                First = Math.Max(0, First - page);
                return true;
            case { Key: ConsoleKey.Home }:
                First = 0;
                return true;
            default:
                return false;
        }
    }

    /// <summary>The server has shown these: no row is beyond the last.</summary>
    public void OnShown(int first) => First = Math.Min(First, first);
}
