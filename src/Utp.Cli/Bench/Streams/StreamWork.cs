using System.Buffers.Binary;

namespace Utp.Cli;

/// <summary>What a task does with its connection, over any stream: the same over uTP and over kernel TCP. Safe for many connections at once.</summary>
internal sealed class StreamWork(EndPlan plan, Tally tally)
{
    private bool _finishing;

    public bool IsFinishing => Volatile.Read(ref _finishing);

    /// <summary>Writing and asking end with what they are about.</summary>
    public void Finish() => Volatile.Write(ref _finishing, true);

    /// <summary>What one of the connections is to send of so many bytes; 0 of all: without end.</summary>
    public static long Share(long bytes, int connection, int connections) =>
        bytes == 0 ? long.MaxValue : bytes / connections + (connection < bytes % connections ? 1 : 0);

    /// <summary>Writes as large as those of the others, and all from one buffer.</summary>
    public async Task WriteAsync(Stream stream, ConnectionTally mine, long bytes)
    {
        var chunk = new byte[plan.WriteBytes];
        while (bytes > 0 && !IsFinishing)
        {
            var count = (int)Math.Min(chunk.Length, bytes);
            Stamps.Write(chunk.AsSpan(0, count), mine.BytesSent);
            await stream.WriteAsync(chunk.AsMemory(0, count)).ConfigureAwait(false);
            mine.OnSent(count);
            bytes -= count;
        }
    }

    /// <summary>Reads to the end into a buffer of the size of a write, and looks at everything.</summary>
    public async Task ReadAsync(Stream stream)
    {
        var mine = tally.AddConnection();
        var buffer = new byte[plan.WriteBytes];
        int count;
        while ((count = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            if (!Stamps.Check(buffer.AsSpan(0, count), mine.BytesReceived))
                tally.Fail("What arrived is not what was sent: please report this, with the command line and the machine.");
            mine.OnReceived(count);
        }
    }

    /// <summary>A message there and back, then the next.</summary>
    public async Task PingAsync(Stream stream)
    {
        var message = new byte[plan.MessageBytes];
        var answer = new byte[plan.MessageBytes];
        for (long number = 1; !IsFinishing; number++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(message, number);
            var sent = Moment.Now;
            await ExchangeAsync(stream, message, answer).ConfigureAwait(false);
            tally.OnCompleted(sent.Elapsed);
            if (BinaryPrimitives.ReadInt64LittleEndian(answer) != number)
                tally.Fail("An answer is not what was asked: please report this, with the command line and the machine.");
        }
    }

    /// <summary>A connection, a message there and back, the close; then the next.</summary>
    /// <param name="connectAsync">Opens the connection of this number.</param>
    /// <param name="closeAsync">Closes both directions.</param>
    public async Task CallAsync<TStream>(Func<int, Task<TStream>> connectAsync, Func<TStream, Task> closeAsync)
        where TStream : Stream
    {
        var message = new byte[plan.MessageBytes];
        var answer = new byte[plan.MessageBytes];
        for (var number = 0; !IsFinishing; number++)
        {
            var start = Moment.Now;
            var stream = await connectAsync(number).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                await ExchangeAsync(stream, message, answer).ConfigureAwait(false);
                await closeAsync(stream).ConfigureAwait(false);
            }

            tally.OnCompleted(start.Elapsed);
        }
    }

    /// <summary>Gives back what comes, to the end.</summary>
    public async Task RespondAsync(Stream stream)
    {
        var buffer = new byte[plan.MessageBytes];
        int count;
        while ((count = await stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            await stream.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
    }

    /// <summary>Reads to the end what nobody looks at.</summary>
    public static async Task DrainAsync(Stream stream)
    {
        var nothing = new byte[1];
        while (await stream.ReadAsync(nothing).ConfigureAwait(false) > 0)
        {
        }
    }

    private static async Task ExchangeAsync(Stream stream, byte[] message, byte[] answer)
    {
        await stream.WriteAsync(message).ConfigureAwait(false);
        await stream.ReadExactlyAsync(answer).ConfigureAwait(false);
    }
}
