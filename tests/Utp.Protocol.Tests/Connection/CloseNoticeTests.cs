using Xunit;

namespace Utp.Protocol.Tests.Connection;

public sealed class CloseNoticeTests
{
    [Fact]
    public void Without_a_word_of_the_user_what_is_left_unread_has_a_code_of_its_own()
    {
        var notice = new CloseNotice();
        Assert.Null(notice.Code);
        Assert.Equal(CloseCodes.NotRead, notice.NotReadCode);
    }

    [Fact]
    public void The_users_code_of_the_close_counts_before_that_of_the_reading()
    {
        var notice = new CloseNotice();
        notice.OnStopReading(7);
        Assert.Equal(7, notice.NotReadCode);

        notice.OnClose(9);

        Assert.Equal(9, notice.NotReadCode);
    }

    [Fact]
    public void The_reset_says_what_was_not_read()
    {
        var notice = new CloseNotice();
        notice.OnStopReading(7);

        notice.OnLeftUnread();

        Assert.Equal((ushort?)7, notice.Code);
    }
}
