using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Utp.Cli;

/// <summary><c>utp send PATH|- HOST:PORT</c>: the bytes of a file as the bytes of one connection; a folder, several files, or what is to be preserved, as a bundle.</summary>
internal static class SendCommand
{
    public static Command Create(CommandRunner runner)
    {
        // One argument, because the first of two would take the peer for a path.
        var words = new Argument<string[]>("PATH")
        {
            HelpName = "PATH... HOST:PORT",
            Description = "Files and folders, and at last the peer (an IPv6 address in brackets, as in [::1]:9000). One file's bytes are the bytes of the connection; - is standard input. A folder, or several files, need utp receive --out FOLDER.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("send", "Sends a file: its bytes are the bytes of one connection. Or a folder, or several files, to be stored as such.") { words };
        command.Validators.Add(result => CheckWords(result, words));
        var preserve = new Option<bool>("--preserve") { Description = "Keep permissions and times; also of one file, which then keeps its name. Needs utp receive --out FOLDER." };
        command.Add(preserve);
        var resume = new Option<bool>("--resume") { Description = "Go on where an earlier transfer of the same stopped; the receiver needs --resume, too." };
        command.Add(resume);
        var limit = new Option<long?>("--limit")
        {
            Description = "Send no more than so many bytes a second; without it uTP yields to other traffic by itself.",
            HelpName = "RATE",
            CustomParser = static result =>
            {
                if (ByteSize.TryParse(result.Tokens[0].Value, out var bytes) && bytes > 0)
                    return bytes;
                result.AddError($"--limit is '{result.Tokens[0].Value}': give bytes a second, {ByteSize.Forms}, as in 2MB");
                return null;
            },
        };
        command.Add(limit);
        var families = Parsers.Families(command);
        runner.Attach(command, run =>
        {
            var given = run.Parsed.GetRequiredValue(words);
            if (!Addresses.TryParsePeer(given[^1], out var peer, out var problem))
                throw CliException.WrongUsage(problem);
            var how = new How(run.Parsed.GetValue(preserve), run.Parsed.GetValue(resume), run.Parsed.GetValue(limit) is { } rate ? new RateLimit(rate) : null);
            return SendAsync(run, given[..^1], Addresses.Of(peer!, run.Parsed.Family(families)), how);
        });
        return command;
    }

    private static void CheckWords(CommandResult result, Argument<string[]> words)
    {
        if (result.GetResult(words)?.Tokens is not { Count: > 0 } given)
            return;
        if (given.Count == 1)
            result.AddError("HOST:PORT is missing: utp send takes PATH... HOST:PORT");
        else if (!Addresses.TryParsePeer(given[^1].Value, out _, out var problem))
            result.AddError(problem);
    }

    private static async Task<Outcome> SendAsync(CommandRun run, string[] paths, EndPoint peer, How how)
    {
        // Opened first: a wrong path must not cost the peer a connection.
        Sent what;
        try
        {
            what = await OpenAsync(run, paths, peer, how).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new Outcome("send", Sentences.Interrupted);
        }

        var meter = run.Progress.Start(what.Meter);
        TransferResult sent;
        var node = await run.StartNodeAsync().ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            var work = node.RunAsync<TransferResult>(
                result => new SendActor(result, node, peer, what.Stream, what.Explain, meter, how.Resume, what.Bundle, how.Limit, run.Interrupt), run.Interrupt);
            sent = await run.Progress.WhileAsync(work).ConfigureAwait(false);
        }

        if (sent is { Error: null, IsConfirmed: false })
            run.Terminal.Say("Everything was acknowledged, but the receiver did not close its end: it may not have stored the last bytes yet.");
        else if (sent.Error is null && !run.Json)
            run.Terminal.Say($"Sent {Texts.Files(what.Files)}{ByteSize.Text(sent.BytesSent)} in {Texts.Duration(sent.Duration)} ({Texts.Rate(sent.BytesSent, sent.Duration)}){Texts.After(sent.Kept)}, SHA-256 {sent.HashText}.");
        return sent.AddTo(new Outcome("send", sent.Error)
            .With("path", paths.Length == 1 ? paths[0] : null)
            .With("files", what.Files ?? 1)
            .With("bytes", sent.BytesSent)
            .With("kept", sent.Kept)
            .With("sha256", sent.HashText)
            .With("confirmed", sent.IsConfirmed));
    }

    private static async Task<Sent> OpenAsync(CommandRun run, string[] paths, EndPoint peer, How how)
    {
        var label = $"to {Addresses.Text(peer)}";
        if (paths.Length > 1 || how.Preserve || (paths[0] is not ("" or "-") && FileKinds.Of(paths[0]) == FileKind.Folder))
        {
            var bundle = Bundle.Of(paths);
            foreach (var sentence in bundle.LeftOut)
                run.Terminal.Say(Sentences.OneLine(sentence));
            var bundled = new BundleSource(bundle, how.Preserve);
            var total = new Meter(label, bundle.StreamBytes);
            return new Sent(bundled, bundled.Explain, total, bundle.Files, new BundleSender(bundled, BundleHello.Of(bundle, how.Preserve, how.Resume), total));
        }

        var (stream, size, name) = await SourceFile.OpenAsync(paths[0], run.Terminal, run.Interrupt).ConfigureAwait(false);
        return !how.Resume || stream is FileStream { CanSeek: true }
            ? new Sent(stream, e => FileErrors.Reading(name, e), new Meter(label, size), null, null)
            : throw CliException.WrongUsage($"--resume goes on in the middle of a file, and {name} is none: name a file, or leave --resume out.");
    }

    private sealed record How(bool Preserve, bool Resume, RateLimit? Limit);

    /// <summary>What is sent, why it cannot be read further, and of a bundle how many files.</summary>
    private sealed record Sent(Stream Stream, Func<Exception, string> Explain, Meter Meter, long? Files, BundleSender? Bundle);
}
