using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Utp.Links.Commands;

/// <summary><c>remote</c>: has <c>utp bench remote</c> run between the two hosts of a link with delay and loss.</summary>
internal static class RemoteCommand
{
    public static Command Create()
    {
        var program = new Option<string>("--utp") { Description = "The utp command: its utp.dll, as built.", HelpName = "FILE", DefaultValueFactory = static _ => DefaultProgram() };
        var shape = new ShapeOptions();
        var rest = new Argument<string[]>("OPTIONS") { Description = "Options of utp bench remote, behind --: --work tell-100 --over utp,tcp …", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("remote", "utp bench remote over a link with delay and loss.") { program, rest };
        shape.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var (forth, back) = shape.Read(parsed);
            using var link = RealLink.Lay(new RealLinkOptions { Forth = forth, Back = back });
            var rate = parsed.GetValue(shape.Rate);
            var where = string.Create(
                CultureInfo.InvariantCulture,
                $"{(forth.Options.LatencyMicros + back.Options.LatencyMicros) / 1e3:0.#} ms there and back, {parsed.GetValue(shape.Loss):0.##} % lost{(rate > 0 ? $", {rate:0.#} Mbit/s" : "")}");
            using var bench = Process.Start(new ProcessStartInfo("dotnet",
            [
                parsed.GetValue(program)!, "bench", "remote", .. parsed.GetValue(rest)!,
                "--server-host", RealLink.RightAddress.ToString(), "--client-host", RealLink.LeftAddress.ToString(),
                "--server-via", $"ip netns exec {link.RightNamespace}", "--client-via", $"ip netns exec {link.LeftNamespace}", "--where", where,
            ]))!;
            await bench.WaitForExitAsync(cancellation).ConfigureAwait(false);
            var lost = await link.OwnDropsAsync().ConfigureAwait(false);
            if (lost > 0)
                Console.Error.WriteLine($"The bench itself lost {lost} packets: the figures say little.");
            return bench.ExitCode;
        });
        return command;
    }

    // Beside this program, in the same configuration.
    private static string DefaultProgram() => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory.Replace(Path.Combine("benchmarks", "Utp.Links"), Path.Combine("src", "Utp.Cli"), StringComparison.Ordinal), "utp.dll"));
}
