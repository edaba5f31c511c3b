using System.CommandLine;
using System.Net;
using Spectre.Console;

namespace Utp.Cli;

/// <summary><c>utp demo</c>: two actor systems in this process move a file over real UDP sockets on loopback, as two machines would.</summary>
internal static class DemoCommand
{
    private const long DefaultBytes = 256L << 20;
    private const long MaxBytes = 1L << 40;

    public static Command Create(CommandRunner runner)
    {
        var size = Parsers.Size("--size", "How large the file is.", DefaultBytes, MaxBytes);
        var command = new Command("demo", "Moves a file between two actor systems over loopback, and shows how that went.") { size };
        runner.Attach(command, run => DemoAsync(run, run.Parsed.GetValue(size).Bytes));
        return command;
    }

    private static async Task<Outcome> DemoAsync(CommandRun run, long bytes)
    {
        var receiver = await UtpNode.StartAsync(run.Configuration, run.Terminal, "receiver").ConfigureAwait(false);
        await using var receiverEnd = receiver.ConfigureAwait(false);
        var sender = await run.StartNodeAsync("sender").ConfigureAwait(false);
        await using var senderEnd = sender.ConfigureAwait(false);

        run.Terminal.People.MarkupLine($"[bold]uTP demo[/]: {ByteSize.Text(bytes)} from one actor system to another, over UDP on loopback.");
        try
        {
            using var file = await Task.Run(() => DemoFile.Create(bytes, run.Interrupt)).ConfigureAwait(false);
            var (sent, received, timeToFirstByte) = await MoveAsync(run, sender, receiver, file, bytes).ConfigureAwait(false);
            return Conclude(run, file, sent, received, timeToFirstByte);
        }
        catch (OperationCanceledException)
        {
            return new Outcome("demo", Sentences.Interrupted);
        }
    }

    private static async Task<(TransferResult Sent, TransferResult Received, TimeSpan? TimeToFirstByte)> MoveAsync(
        CommandRun run, UtpNode sender, UtpNode receiver, DemoFile file, long bytes)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Interrupt);
        var bound = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        // One line of progress is enough: the sender's, which knows the size.
        var hidden = new ProgressDisplay(run.Terminal);
        var service = new ReceiveService(
            new Destination(_ => new FileSink(file.Copy, replace: true), OneAtATime: false), once: true, hidden, local => bound.TrySetResult(local), _ => { });
        var receiving = receiver.RunAsync<ServerResult>(
            result => new ServerActor(result, receiver, new IPEndPoint(IPAddress.Loopback, 0), service), stop.Token);
        await Task.WhenAny(bound.Task, receiving).ConfigureAwait(false);
        if (!bound.Task.IsCompleted)
            return (new TransferResult { Error = (await receiving.ConfigureAwait(false)).Error ?? Sentences.Interrupted }, new TransferResult(), null);

        var start = Moment.Now;
        var peer = await bound.Task.ConfigureAwait(false);
        var stream = new FileStream(file.Source, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var meter = run.Progress.Start(new Meter("127.0.0.1", Math.Max(bytes, 1)));
        var sending = sender.RunAsync<TransferResult>(
            result => new SendActor(result, sender, peer, stream, e => FileErrors.Reading(file.Source, e), meter, resumes: false, bundle: null, limit: null, run.Interrupt), run.Interrupt);
        var sent = await run.Progress.WhileAsync(sending).ConfigureAwait(false);
        if (sent.Error is not null)
            await stop.CancelAsync().ConfigureAwait(false);
        await receiving.ConfigureAwait(false);
        var received = service.Last ?? new TransferResult();
        return (sent, received, received.FirstByte is { } first ? start.Until(first) : null);
    }

    private static Outcome Conclude(CommandRun run, DemoFile file, TransferResult sent, TransferResult received, TimeSpan? timeToFirstByte)
    {
        // Of a disk that is full the sender only hears a reset.
        var error = received is { IsLocalFailure: true } ? received.Error : sent.Error ?? received.Error;
        var isSame = error is null && received.Hash.AsSpan().SequenceEqual(file.Hash);
        if (error is null && !isSame)
            error = "The copy differs from the original: please report this, with the command line and the machine.";
        if (error is null)
            Show(run.Terminal.People, sent, received, timeToFirstByte);
        // The sender's packets, in the receiver's time: until the last byte was written.
        return (sent with { Duration = received.Duration }).AddTo(new Outcome("demo", error)
            .With("bytes", received.BytesReceived)
            .With("sha256", received.HashText)
            .With("same", isSame)
            .With("congestionWindowBytes", sent.Statistics.CongestionWindowBytes)
            .With("timeToFirstByteSeconds", timeToFirstByte?.TotalSeconds));
    }

    private static void Show(IAnsiConsole console, TransferResult sent, TransferResult received, TimeSpan? timeToFirstByte)
    {
        var sender = sent.Statistics;
        var receiver = received.Statistics;
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumns(new TableColumn(""), new TableColumn("").RightAligned());
        table.AddRow("Rate", $"[bold green]{Texts.Rate(received.BytesReceived, received.Duration)}[/]");
        table.AddRow("Bytes", Texts.Count(received.BytesReceived));
        table.AddRow("Time", Texts.Duration(received.Duration));
        table.AddRow("Time to first byte", timeToFirstByte is { } time ? Texts.Duration(time) : "no byte");
        table.AddRow("Packets, there and back", $"{Texts.Count(sender.PacketsSent)} / {Texts.Count(receiver.PacketsSent)}");
        table.AddRow("Retransmissions", Texts.Count(sender.Retransmissions));
        table.AddRow("Round trip, smoothed / smallest", $"{Texts.Micros(sender.SmoothedRttMicros)} / {Texts.Micros(sender.MinRttMicros)}");
        table.AddRow("Congestion window at the end", ByteSize.Text(sender.CongestionWindowBytes));
        table.AddRow("SHA-256 of both files", $"{received.HashText![..16]}… [green]the same[/]");
        console.Write(table);
        console.WriteLine("Try next:");
        console.WriteLine("  utp receive --bind 127.0.0.1:9000 --out copy --once");
        console.WriteLine("  utp send FILE 127.0.0.1:9000          in another terminal");
        console.WriteLine("  utp demo --set utp.socket.receive-buffer=208KiB");
        console.WriteLine("                                        with what kernels give by default");
    }
}
