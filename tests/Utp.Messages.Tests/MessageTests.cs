using System.Collections.Immutable;
using System.Net;
using System.Reflection;
using Akka.Actor;
using Akka.Event;
using Utp.Protocol;
using Xunit;

namespace Utp.Messages.Tests;

public sealed class MessageTests
{
    [Fact]
    public void Every_message_is_sealed_immutable_and_never_serialized()
    {
        foreach (var type in Concrete())
        {
            Assert.True(type.IsSealed, $"{type.Name} is not sealed");
            Assert.True(typeof(INoSerializationVerificationNeeded).IsAssignableFrom(type));
            foreach (var property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(p => p.CanWrite))
            {
                var modifiers = property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers();
                Assert.True(modifiers.Contains(typeof(System.Runtime.CompilerServices.IsExternalInit)), $"{type.Name}.{property.Name} can be set");
            }
        }
    }

    [Fact]
    public void Every_message_is_a_command_or_an_event()
    {
        Assert.All(Concrete(), type => Assert.True(typeof(UtpCommand).IsAssignableFrom(type) != typeof(UtpEvent).IsAssignableFrom(type), type.Name));
    }

    [Fact]
    public void What_comes_too_late_by_nature_is_no_dead_letter()
    {
        Type[] late = [typeof(Close), typeof(ConfirmedClose), typeof(Abort), typeof(ResumeReading), typeof(SuspendReading), typeof(ResumeWriting), typeof(Closed), typeof(PeerClosed), typeof(ErrorClosed)];
        Assert.All(late, type => Assert.True(typeof(IDeadLetterSuppression).IsAssignableFrom(type), type.Name));
        Type[] lost = [typeof(Write), typeof(CompoundWrite), typeof(Received), typeof(CommandFailed), typeof(Register)];
        Assert.All(lost, type => Assert.False(typeof(IDeadLetterSuppression).IsAssignableFrom(type), type.Name));
    }

    [Fact]
    public void A_literal_address_needs_no_resolver()
    {
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 7), new Connect("::1", 7).RemoteAddress);
        Assert.Equal(new DnsEndPoint("example.org", 7), new Connect("example.org", 7).RemoteAddress);
    }

    [Fact]
    public void A_compound_may_be_written_in_any_way_that_lists_have()
    {
        Write one = new(new byte[1]), two = new(new byte[2]);
        Assert.Equal(new[] { one, two }, new CompoundWrite(one, two).Writes.ToArray());
        Assert.Equal(new[] { one, two }, new CompoundWrite([one, two]).Writes.ToArray());
        Assert.Equal(new[] { one, two }, new CompoundWrite(ImmutableArray.Create(one, two)).Writes.ToArray());
        Assert.Equal(3, new CompoundWrite(one, two).TotalBytes);
        Assert.Equal(0, new CompoundWrite().TotalBytes);
        Assert.Equal(0, new CompoundWrite(default(ImmutableArray<Write>)).TotalBytes);
        Assert.Throws<ArgumentException>(() => new CompoundWrite(one, null!));
    }

    [Fact]
    public void A_message_shows_its_size_and_not_its_bytes()
    {
        Assert.DoesNotContain("255", new Write(new byte[] { 255 }).ToString(), StringComparison.Ordinal);
        Assert.Contains("[1]", new Write(new byte[] { 255 }).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_closing_event_says_of_which_kind_it_is()
    {
        var reason = new CloseReason(CloseCause.Reset, 5, "why");
        Assert.True(new Aborted(reason).IsAborted);
        Assert.True(new ConfirmedClosed(reason).IsConfirmed);
        Assert.True(new PeerClosed(reason).IsPeerClosed);
        var error = new ErrorClosed(reason, "the sentence");
        Assert.True(error.IsErrorClosed);
        Assert.Equal("the sentence", error.Cause);
        ConnectionClosed closed = new Closed(reason);
        Assert.False(closed.IsAborted || closed.IsConfirmed || closed.IsPeerClosed || closed.IsErrorClosed);
        Assert.Null(closed.Cause);
        Assert.Equal((ushort)5, closed.Reason.PeerCode);
    }

    private static IEnumerable<Type> Concrete() =>
        typeof(UtpMessage).Assembly.GetExportedTypes().Where(type => typeof(UtpMessage).IsAssignableFrom(type) && !type.IsAbstract);
}
