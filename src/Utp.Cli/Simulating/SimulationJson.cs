using System.Text;
using System.Text.Json;

namespace Utp.Cli;

/// <summary>A row as one JSON object on one line of standard output: medians in the integer units of the metrics.</summary>
internal static class SimulationJson
{
    public static string Row(SimulationRow row, SimulationPlan plan)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("profile", row.Profile.Name);
            json.WriteString("congestion", row.Law);
            json.WriteNumber("seed", plan.Seed);
            json.WriteNumber("repeat", plan.Repeat);
            foreach (var (metric, value) in row.Medians)
                json.WriteNumber(JsonNamingPolicy.CamelCase.ConvertName(metric.ToString()), value);
            json.WriteBoolean("met", row.MeetsAll);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
