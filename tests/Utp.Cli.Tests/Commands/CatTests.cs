using System.Text;
using Xunit;

namespace Utp.Cli.Tests;

public class CatTests
{
    [Fact]
    public async Task Both_directions_flow_and_each_ends_by_itself()
    {
        var question = TestFolder.RandomBytes(2_000_000, seed: 1);
        var answer = TestFolder.RandomBytes(1_000_000, seed: 2);
        using var answers = new FeedStream();
        using var listener = UtpRun.Start(["cat", "--listen", "127.0.0.1:0", "--json"], answers);
        var said = new HeardStream(question.Length);
        var address = await listener.ListeningAsync();
        using var caller = UtpRun.Start(["cat", address, "--json"], new MemoryStream(question), said);

        // The caller's input has ended; the answer comes only then.
        answers.Feed(answer);
        answers.End();
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
        Assert.Equal(ExitCode.Done, await listener.ExitAsync());
        Assert.Equal(question, listener.OutputBytes);
        Assert.Equal(answer, said.ToArray());
        Assert.Equal(2_000_000, caller.Json.GetProperty("bytesSent").GetInt64());
        Assert.Equal(1_000_000, caller.Json.GetProperty("bytesReceived").GetInt64());
    }

    [Fact]
    public async Task After_the_end_of_our_input_the_peer_may_go_on_and_after_the_end_of_its_we_may()
    {
        var heardByCaller = new HeardStream(5);
        var heardByListener = new HeardStream(5);
        using var callerInput = new FeedStream();
        using var listenerInput = new FeedStream();
        using var listener = UtpRun.Start(["cat", "--listen", "127.0.0.1:0"], listenerInput, heardByListener);
        using var caller = UtpRun.Start(["cat", await listener.ListeningAsync()], callerInput, heardByCaller);

        // The acceptor may speak first, and be the first to end.
        listenerInput.Feed("hello"u8.ToArray());
        listenerInput.End();
        await heardByCaller.EnoughAsync();
        callerInput.Feed("world"u8.ToArray());
        await heardByListener.EnoughAsync();
        callerInput.End();
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
        Assert.Equal(ExitCode.Done, await listener.ExitAsync());
        Assert.Equal("hello", Encoding.ASCII.GetString(heardByCaller.ToArray()));
        Assert.Equal("world", Encoding.ASCII.GetString(heardByListener.ToArray()));
    }

    [Fact]
    public async Task An_output_that_is_slow_is_waited_for_though_the_connection_is_long_over()
    {
        using var slow = new GatedStream();
        using var answers = new FeedStream();
        using var listener = UtpRun.Start(["cat", "--listen", "127.0.0.1:0"], answers);
        using var caller = UtpRun.Start(["cat", await listener.ListeningAsync()], new MemoryStream(), slow);
        answers.Feed("hello"u8.ToArray());
        answers.End();

        // Nothing is written before the other end is done.
        Assert.Equal(ExitCode.Done, await listener.ExitAsync());
        slow.Open();
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
        Assert.Equal("hello", Encoding.ASCII.GetString(slow.ToArray()));
    }

    [Fact]
    public async Task A_conversation_without_a_word_ends_well()
    {
        using var listener = UtpRun.Start("cat", "--listen", "127.0.0.1:0");
        using var caller = UtpRun.Start("cat", await listener.ListeningAsync());
        Assert.Equal(ExitCode.Done, await caller.ExitAsync());
        Assert.Equal(ExitCode.Done, await listener.ExitAsync());
    }

    [Fact]
    public async Task An_interrupt_closes_the_connection_properly_after_what_was_typed()
    {
        var heard = new HeardStream(5);
        using var callerInput = new FeedStream();
        using var listenerInput = new FeedStream();
        using var listener = UtpRun.Start(["cat", "--listen", "127.0.0.1:0"], listenerInput, heard);
        using var caller = UtpRun.Start(["cat", await listener.ListeningAsync(), "--json"], callerInput);
        callerInput.Feed("typed"u8.ToArray());
        await heard.EnoughAsync();
        caller.Interrupt();
        Assert.Equal(ExitCode.Failed, await caller.ExitAsync());
        Assert.Contains("Interrupted", caller.Json.GetProperty("error").GetString(), StringComparison.Ordinal);

        // The listener heard a proper end, and its own is proper too.
        listenerInput.End();
        Assert.Equal(ExitCode.Done, await listener.ExitAsync());
        Assert.Equal("typed", Encoding.ASCII.GetString(heard.ToArray()));
    }

    [Fact]
    public async Task An_interrupt_ends_a_listener_that_nobody_calls()
    {
        using var listener = UtpRun.Start("cat", "--listen", "127.0.0.1:0", "--json");
        await listener.ListeningAsync();
        listener.Interrupt();
        Assert.Equal(ExitCode.Failed, await listener.ExitAsync());
        Assert.False(listener.Json.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task A_second_caller_is_turned_away_and_the_conversation_goes_on()
    {
        var heard = new HeardStream(5);
        using var input = new FeedStream();
        using var listener = UtpRun.Start(["cat", "--listen", "127.0.0.1:0"], null, heard);
        var address = await listener.ListeningAsync();
        using var first = UtpRun.Start(["cat", address], input);
        input.Feed("01234"u8.ToArray());
        await heard.EnoughAsync();
        using (var second = UtpRun.Start(["cat", address], new FeedStream()))
            Assert.Equal(ExitCode.Failed, await second.ExitAsync());
        input.Feed("56789"u8.ToArray());
        input.End();
        Assert.Equal(ExitCode.Done, await first.ExitAsync());
        Assert.Equal(ExitCode.Done, await listener.ExitAsync());
        Assert.Equal("0123456789", Encoding.ASCII.GetString(heard.ToArray()));
    }

    /// <summary>Takes nothing until it is opened.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => _open.SetResult();

        public override void Write(byte[] buffer, int offset, int count)
        {
            _open.Task.Wait();
            base.Write(buffer, offset, count);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _open.Task.Wait();
            base.Write(buffer);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _open.Task.WaitAsync(cancellationToken);
            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
