using Akka.Actor;
using Akka.Dispatch.MessageQueues;

namespace Utp.Actors.Tests.Connections;

public class ConnectionMessageQueueTests
{
    private readonly ConnectionMessageQueue _queue = new();

    [Fact]
    public void Messages_leave_in_the_order_in_which_they_came()
    {
        Assert.False(_queue.HasMessages);
        Assert.False(_queue.TryDequeue(out _));
        for (var i = 0; i < 3; i++)
            Add(i);
        Assert.Equal(3, _queue.Count);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(_queue.HasMessages);
            Assert.Equal(i, Take());
        }

        Assert.False(_queue.HasMessages);
        Assert.Equal(0, _queue.Count);
        Add(7);
        Assert.Equal(7, Take());
    }

    [Fact]
    public void What_is_left_at_the_end_becomes_dead_letters()
    {
        Add(1);
        Add(2);
        var deadLetters = new UnboundedMessageQueue();
        _queue.CleanUp(ActorRefs.Nobody, deadLetters);
        Assert.False(_queue.HasMessages);
        Assert.Equal(2, deadLetters.Count);
    }

    [Fact]
    public async Task Nothing_is_lost_and_each_senders_order_is_kept_when_many_send_at_once()
    {
        const int Senders = 4;
        const int EachSends = 50_000;
        var senders = Enumerable.Range(0, Senders).Select(sender => Task.Run(() =>
        {
            for (var i = 0; i < EachSends; i++)
                Add(((long)sender << 32) + i);
        })).ToArray();
        var next = new long[Senders];
        var taken = 0;
        while (taken < Senders * EachSends)
        {
            if (!_queue.TryDequeue(out var envelope))
            {
                // All that was sent can be seen once the senders are done.
                Assert.False(Task.WhenAll(senders).IsCompleted && !_queue.HasMessages, $"{taken} arrived");
                await Task.Yield();
                continue;
            }

            var message = (long)envelope.Message;
            Assert.Equal(next[message >> 32]++, message & 0xFFFF_FFFF);
            taken++;
        }

        await Task.WhenAll(senders);
        Assert.False(_queue.HasMessages);
    }

    private void Add(object message) => _queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.NoSender));

    private object Take()
    {
        Assert.True(_queue.TryDequeue(out var envelope));
        return envelope.Message;
    }
}
