using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Utp.Actors;
using Utp.Messages;

namespace Utp.Hosting.Tests;

/// <summary>What uTP logs has a name that stays, also where Microsoft's loggers take it.</summary>
public sealed class LogEventTests
{
    [Fact]
    public async Task Microsofts_loggers_hear_the_name_of_an_event_as_a_property()
    {
        using var heard = new Heard();
        await using var hosted = new HostedSystem(
            (akka, _) => akka
                .ConfigureLoggers(static loggers => loggers.ClearLoggers().AddLoggerFactory())
                .AddHocon(ConfigurationFactory.ParseString("akka.loglevel = DEBUG"), HoconAddMode.Prepend)
                .WithUtp()
                .WithUtpListener<TheListener>(HostedSystem.AnyPort, Props.Create<Follower>()),
            services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(heard)));
        await hosted.StartAsync();

        var user = hosted.System.ActorOf(Props.Create<Follower>());
        hosted.System.Utp().Tell(new Connect(await hosted.AddressAsync()), user);

        await heard.WhenAsync(UtpLogEvents.ConnectionOpened);
        await heard.WhenAsync(UtpLogEvents.ConnectionEnded);
    }

    // Registers, and closes at once what it has opened itself.
    private sealed class Follower : ReceiveActor
    {
        public Follower()
        {
            Receive<Connected>(_ =>
            {
                Sender.Tell(new Register(Self));
                Sender.Tell(Close.Instance);
            });
        }
    }

    private sealed class Heard : ILoggerProvider, ILogger
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _events = new();

        public Task WhenAsync(string name) => Of(name).Task.WaitAsync(HostedSystem.Patience);

        public ILogger CreateLogger(string categoryName) => this;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (state is not IEnumerable<KeyValuePair<string, object?>> properties)
                return;
            foreach (var (_, value) in properties.Where(static property => property.Key == UtpLogEvents.Property))
                Of((string)value!).TrySetResult();
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }

        private TaskCompletionSource Of(string name) => _events.GetOrAdd(name, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
