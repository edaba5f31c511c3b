using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Utp.Cli;

/// <summary>How a command, or one of its connections, ended: for <c>--json</c> one object on one line, otherwise an error's sentence.</summary>
internal sealed class Outcome(string command, string? error = null, int exitCode = ExitCode.Done)
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<KeyValuePair<string, object?>> _facts = [];

    public string? Error { get; } = error;

    public int ExitCode { get; } = error is not null && exitCode == Cli.ExitCode.Done ? Cli.ExitCode.Failed : exitCode;

    /// <summary>Adds a fact: a string, a long, a double, a bool, or null for one that does not exist.</summary>
    public Outcome With(string name, object? value)
    {
        _facts.Add(new(name, value));
        return this;
    }

    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("command", command);
            json.WriteBoolean("ok", Error is null);
            if (Error is not null)
                json.WriteString("error", Error);
            foreach (var (name, value) in _facts)
            {
                json.WritePropertyName(name);
                Write(json, value);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(Math.Round(number, 6));
                break;
            default:
                throw new ArgumentException($"A fact is a string, bool, long or double, not {value.GetType()}.", nameof(value));
        }
    }
}
