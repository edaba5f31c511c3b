using Xunit;

namespace Utp.Protocol.Tests.Sending;

public sealed class OwnEndTests
{
    [Fact]
    public void A_fin_is_to_be_sent_once()
    {
        var end = new OwnEnd();
        Assert.False(end.HasFinToSend);
        end.Request();
        Assert.True(end.HasFinToSend);

        end.OnFinSent(answersPeers: true);

        Assert.False(end.HasFinToSend);
        Assert.True(end.AnswersPeers);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void To_a_peer_that_reads_no_more_no_fin_is_sent_whoever_came_first(bool requestedFirst)
    {
        var end = new OwnEnd();
        if (requestedFirst)
            end.Request();
        end.OnUnheard();
        if (!requestedFirst)
            end.Request();

        Assert.True(end.IsRequested);
        Assert.False(end.HasFinToSend);
    }
}
