using System.CommandLine;
using System.Net;

namespace Utp.Cli;

/// <summary><c>utp receive --bind ADDR:PORT --out PATH|- [--once]</c>: the bytes of each connection as a file.</summary>
internal static class ReceiveCommand
{
    public static Command Create(CommandRunner runner)
    {
        var local = Parsers.Local("--bind", required: true);
        var path = new Option<string>("--out")
        {
            Description = "A folder, which gets a file per connection, or a folder per connection that brings several; with --once the file, or the folder in which all get their own names. - is standard output; that, a pipe, a socket or a device means --once.",
            HelpName = "PATH",
            Required = true,
        };
        var force = new Option<bool>("--force") { Description = "Replace files that exist; their permissions stay." };
        var once = new Option<bool>("--once") { Description = "End after the first connection that ended properly." };
        var resume = new Option<bool>("--resume") { Description = "With --once: go on where an earlier transfer stopped, and keep what there is when this one does; send needs --resume, too." };
        var command = new Command("receive", "Receives files: the bytes of a connection are the bytes of a file. And folders, and several files at once.") { local, path, once, force, resume };
        var families = Parsers.Families(command);
        runner.Attach(command, run =>
        {
            var wantsOnce = run.Parsed.GetValue(once);
            var destination = Destination.Parse(run.Parsed.GetRequiredValue(path), wantsOnce, run.Parsed.GetValue(force), run.Parsed.GetValue(resume), run.Terminal);
            return ReceiveAsync(run, (IPEndPoint)Addresses.Of(run.Parsed.GetRequiredValue(local)!, run.Parsed.Family(families)), destination, wantsOnce || destination.OneAtATime);
        });
        return command;
    }

    private static async Task<Outcome> ReceiveAsync(CommandRun run, IPEndPoint local, Destination destination, bool once)
    {
        var service = new ReceiveService(destination, once, run.Progress, run.SayListening, result => SayEnded(run, once, result));
        ServerResult server;
        var node = await run.StartNodeAsync().ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            var work = node.RunAsync<ServerResult>(result => new ServerActor(result, node, local, service), run.Interrupt);
            server = await run.Progress.WhileAsync(work).ConfigureAwait(false);
        }

        return once ? OnceOutcome(run, server, service) : FolderOutcome(server, service);
    }

    private static Outcome OnceOutcome(CommandRun run, ServerResult server, ReceiveService service)
    {
        var received = service.Last ?? new TransferResult();
        var error = server.Error ?? (service.Files > 0 ? null : service.IsOver ? received.Error : run.Interrupt.IsCancellationRequested ? Sentences.Interrupted : received.Error);
        return received.AddTo(new Outcome("receive", error)
            .With("path", received.Path)
            .With("files", received.Files)
            .With("bytes", received.BytesReceived)
            .With("kept", received.Kept)
            .With("sha256", received.HashText));
    }

    // Without --once the interrupt is the normal end; what it cut off is not.
    private static Outcome FolderOutcome(ServerResult server, ReceiveService service)
    {
        var error = server.Error ?? (server.CutOff > 0 ? $"Interrupted in the middle of {(server.CutOff == 1 ? "a transfer: its sender has" : $"{Texts.Count(server.CutOff)} transfers: their senders have")} to send again." : null);
        return new Outcome("receive", error)
            .With("files", service.Files)
            .With("failed", service.Failed)
            .With("bytes", service.Bytes);
    }

    private static void SayEnded(CommandRun run, bool once, TransferResult result)
    {
        if (run.Json && !once)
        {
            run.Terminal.SayRaw(result.AddTo(new Outcome("receive", result.Error)
                .With("path", result.Path)
                .With("files", result.Files)
                .With("bytes", result.BytesReceived)
                .With("kept", result.Kept)
                .With("sha256", result.HashText)).ToJson());
            return;
        }

        if (result.Error is not null)
            run.Terminal.Say($"{(once ? "Still waiting" : "Not received")}: {result.Error}");
        else if (!run.Json)
            run.Terminal.Say($"Received {(result.Path == "-" ? "" : result.Path + ": ")}{Texts.Files(result.IsBundle ? result.Files : null)}{ByteSize.Text(result.BytesReceived)} in {Texts.Duration(result.Duration)} ({Texts.Rate(result.BytesReceived, result.Duration)}){Texts.After(result.Kept)}, SHA-256 {result.HashText}.");
    }
}
