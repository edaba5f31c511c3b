using System.Text;
using System.Text.Json;

namespace Utp.Cli;

/// <summary>A row as one JSON object on one line of standard output.</summary>
internal static class CompareJson
{
    public static string Row(CompareRow row, CompareRow? ours)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("work", row.Contest.Name);
            json.WriteString("contender", row.Contender.Name);
            json.WriteNumber("rounds", row.Rounds);
            if (row.Note is not null)
                json.WriteString("note", Sentences.OneLine(row.Note));
            foreach (var figure in row.Contest.Figures)
            {
                json.WritePropertyName(figure);
                Write(json, row[figure], row.RatioTo(ours, figure));
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, Spread? spread, double? ratio)
    {
        if (spread is not { } known)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("median", known.Median);
        json.WriteNumber("min", known.Min);
        json.WriteNumber("max", known.Max);
        if (ratio is { } number)
            json.WriteNumber("oursToThis", number);
        json.WriteEndObject();
    }
}
