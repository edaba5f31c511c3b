using Microsoft.AspNetCore.Http;

namespace Utp.Dashboard;

/// <summary>What one browser shows: a part of the sorted and sought table, or one connection.</summary>
/// <param name="Search">A part of an address or of a state; empty: all.</param>
/// <param name="Sort">A column's name.</param>
/// <param name="Descending">Whether the largest come first.</param>
/// <param name="First">The first row that is seen.</param>
/// <param name="Count">How many are seen.</param>
/// <param name="Ended">Whether it is the table of those that ended.</param>
/// <param name="One">The number of the connection that is shown alone; null: none.</param>
internal sealed record View(string Search, string Sort, bool Descending, int First, int Count, bool Ended, long? One)
{
    /// <summary>No screen shows more.</summary>
    public const int MaxCount = 200;

    private const int MaxSearch = 100;

    /// <summary>What a browser asks for; what cannot be is taken for the nearest that can.</summary>
    public static View Of(IQueryCollection query)
    {
        var search = query["q"].ToString().Trim();
        return new View(
            search.Length > MaxSearch ? search[..MaxSearch] : search,
            query["sort"].ToString(),
            query["down"] == "1",
            Number(query["first"], 0, int.MaxValue),
            Number(query["count"], 50, MaxCount),
            query["tab"] == "ended",
            long.TryParse(query["one"], out var one) ? one : null);
    }

    private static int Number(string? text, int otherwise, int most) => int.TryParse(text, out var number) ? Math.Clamp(number, 0, most) : otherwise;
}
