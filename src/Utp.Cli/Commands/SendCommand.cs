using System.CommandLine;
using System.Net;

namespace Utp.Cli;

/// <summary><c>utp send PATH|- HOST:PORT</c>: the bytes of a file as the bytes of one connection.</summary>
internal static class SendCommand
{
    public static Command Create(CommandRunner runner)
    {
        var path = new Argument<string>("PATH") { Description = "The file; - is standard input." };
        var peer = Parsers.Peer(ArgumentArity.ExactlyOne);
        var command = new Command("send", "Sends a file: its bytes are the bytes of one connection.") { path, peer };
        var resume = new Option<bool>("--resume") { Description = "Go on where an earlier transfer of the file stopped; the receiver needs --resume, too." };
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
        runner.Attach(command, run => SendAsync(run, run.Parsed.GetRequiredValue(path), Addresses.Of(run.Parsed.GetRequiredValue(peer)!, run.Parsed.Family(families)), run.Parsed.GetValue(resume), run.Parsed.GetValue(limit)));
        return command;
    }

    private static async Task<Outcome> SendAsync(CommandRun run, string path, EndPoint peer, bool resume, long? limit)
    {
        // Opened first: a wrong path must not cost the peer a connection.
        SourceFile source;
        try
        {
            source = await SourceFile.OpenAsync(path, run.Terminal, run.Interrupt).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new Outcome("send", Sentences.Interrupted);
        }

        var (stream, size, name) = source;
        if (resume && stream is not FileStream { CanSeek: true })
            throw CliException.WrongUsage($"--resume goes on in the middle of a file, and {name} is none: name a file, or leave --resume out.");
        var meter = run.Progress.Start(new Meter($"to {Addresses.Text(peer)}", size));
        TransferResult sent;
        var node = await run.StartNodeAsync().ConfigureAwait(false);
        await using (node.ConfigureAwait(false))
        {
            var work = node.RunAsync<TransferResult>(
                result => new SendActor(result, node, peer, stream, e => FileErrors.Reading(name, e), meter, resume, limit is { } rate ? new RateLimit(rate) : null, run.Interrupt), run.Interrupt);
            sent = await run.Progress.WhileAsync(work).ConfigureAwait(false);
        }

        if (sent is { Error: null, IsConfirmed: false })
            run.Terminal.Say("Everything was acknowledged, but the receiver did not close its end: it may not have stored the last bytes yet.");
        else if (sent.Error is null && !run.Json)
            run.Terminal.Say($"Sent {ByteSize.Text(sent.BytesSent)} in {Texts.Duration(sent.Duration)} ({Texts.Rate(sent.BytesSent, sent.Duration)}){Texts.After(sent.Kept)}, SHA-256 {sent.HashText}.");
        return sent.AddTo(new Outcome("send", sent.Error)
            .With("path", path)
            .With("bytes", sent.BytesSent)
            .With("kept", sent.Kept)
            .With("sha256", sent.HashText)
            .With("confirmed", sent.IsConfirmed));
    }
}
