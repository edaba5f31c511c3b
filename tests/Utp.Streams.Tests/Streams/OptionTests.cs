using Microsoft.Extensions.Logging;
using Utp.Messages;

namespace Utp.Streams.Tests;

/// <summary>Options are checked where they are given, and called by the name that they have there.</summary>
public sealed class OptionTests
{
    [Fact]
    public void What_is_out_of_range_is_refused_when_it_is_set()
    {
        Refused("Linger", static () => new UtpClientOptions { Linger = TimeSpan.FromSeconds(-5) });
        Refused("ConnectTimeout", static () => new UtpClientOptions { ConnectTimeout = TimeSpan.Zero });
        Refused("ConnectTimeout", static () => new UtpClientOptions { ConnectTimeout = Timeout.InfiniteTimeSpan });
        Refused("Backlog", static () => new UtpListenerOptions { Backlog = 0 });
        Refused("HalfOpenBacklog", static () => new UtpListenerOptions { HalfOpenBacklog = 0 });
        Assert.Equal(Timeout.InfiniteTimeSpan, new UtpClientOptions { Linger = Timeout.InfiniteTimeSpan }.Linger);
        Assert.Null(new UtpClientOptions { ConnectTimeout = null }.ConnectTimeout);
        Assert.Equal((512, TimeSpan.FromSeconds(30)), (new UtpListenerOptions().Backlog, new UtpListenerOptions().Linger));

        static void Refused(string name, Func<object> make)
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(make);
            Assert.Equal(name, error.ParamName);
            Assert.StartsWith(name, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_option_of_the_protocol_is_named_with_what_is_allowed()
    {
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback);
        foreach (var (name, wrong) in new (string, UtpOptions)[]
        {
            ("MaxDatagramBytes", new() { MaxDatagramBytes = 1 }),
            ("SendBufferBytes", new() { SendBufferBytes = 1 }),
            ("KeepAlive", new() { KeepAlive = TimeSpan.FromMilliseconds(1) }),
            ("MaxTimeouts", new() { MaxTimeouts = 0 }),
            ("RegisterTimeout", new() { RegisterTimeout = TimeSpan.FromDays(2) }),
        })
        {
            var connect = await Assert.ThrowsAsync<UtpException>(() => UtpClient.ConnectAsync(listener.LocalEndPoint, new() { Protocol = wrong }));
            var bind = await Assert.ThrowsAsync<UtpException>(() => UtpListener.BindAsync(StreamPair.Loopback, new() { Protocol = wrong }));
            Assert.All((UtpException[])[connect, bind], error =>
            {
                Assert.Equal(FailureCause.InvalidOption, error.FailureCause);
                Assert.StartsWith($"{name} = ", error.Message, StringComparison.Ordinal);
                Assert.Contains("must be", error.Message, StringComparison.Ordinal);
            });
        }
    }
}

/// <summary>What the private actor system has to say reaches those who give it a logger factory.</summary>
public sealed class LoggingTests
{
    [Fact]
    public async Task Warnings_of_the_private_system_go_to_each_factory_once_also_those_from_before_it_came()
    {
        var (early, late) = ($"early {Guid.NewGuid()} {{0}}", $"late {Guid.NewGuid()}");
        await using var before = await UtpListener.BindAsync(StreamPair.Loopback);
        var system = await SystemLease.Shared!;
        using var watching = new Logs();
        await using var watched = await UtpListener.BindAsync(StreamPair.Loopback, new() { LoggerFactory = watching });
        system.Log.Log(Akka.Event.LogLevel.WarningLevel, null, early);
        await TestTools.UntilAsync(() => watching.Count(early) == 1);

        using var logs = new Logs();
        await using var listener = await UtpListener.BindAsync(StreamPair.Loopback, new() { LoggerFactory = logs });
        Assert.Equal(1, logs.Count(early));
        await using (await UtpListener.BindAsync(StreamPair.Loopback, new() { LoggerFactory = logs }))
            system.Log.Log(Akka.Event.LogLevel.WarningLevel, null, late);
        await TestTools.UntilAsync(() => logs.Count(late) > 0 && watching.Count(late) > 0);
        Assert.Equal((1, 1), (logs.Count(late), watching.Count(late)));
        Assert.Equal(1, logs.Count(early));
        Assert.All(logs.Categories, static category => Assert.Equal("Utp.Streams", category));
    }

    private sealed class Logs : ILoggerFactory, ILogger
    {
        private readonly List<string> _messages = [];
        private readonly List<string> _categories = [];

        public IReadOnlyList<string> Categories => _categories;

        public int Count(string message)
        {
            lock (_messages)
                return _messages.Count(m => m == message);
        }

        public ILogger CreateLogger(string categoryName)
        {
            _categories.Add(categoryName);
            return this;
        }

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_messages)
                _messages.Add(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
