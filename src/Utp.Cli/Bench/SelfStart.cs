using System.Diagnostics;

namespace Utp.Cli;

/// <summary>How this very program is started once more.</summary>
internal static class SelfStart
{
    /// <summary>The program with these arguments, as it runs now: by its own name or by <c>dotnet</c>.</summary>
    public static ProcessStartInfo Of(IEnumerable<string> arguments)
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, "utp.dll");
        var program = Environment.ProcessPath ?? "dotnet";
        // Tests run the command inside their own process.
        var isHost = Path.GetFileNameWithoutExtension(program) is not "utp";
        var start = isHost
            ? new ProcessStartInfo(Path.GetFileNameWithoutExtension(program) == "dotnet" ? program : "dotnet", [assembly, .. arguments])
            : new ProcessStartInfo(program, arguments);
        return start;
    }
}
