using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

namespace Utp.Cli;

/// <summary>The options that several benchmarks have.</summary>
internal sealed class BenchOptions(double seconds = 5, double warmUp = 3)
{
    private const int MaxConnections = 200_000;
    private const int MaxPorts = 1_000;
    private const double MaxSeconds = 3_600;
    private const int IpAndUdpHeaders = 28;
    private const int MinMtu = 576;
    private const int DefaultMtu = 1_400;

    // What UDP over IPv4 carries at most.
    private const int MaxDatagramBytes = 65_507;

    /// <summary>What an IP packet of 1,400 bytes carries, as a setting.</summary>
    public static readonly string DatagramSizeOf1400 = DatagramSize(DefaultMtu);

    /// <summary>As large as the path is found to carry, as a setting.</summary>
    public const string DatagramSizeOfPath = "auto";

    public Option<double> Seconds { get; } = Time("--seconds", "How long is measured.", seconds, min: 0.1);

    public Option<double> WarmUp { get; } = Time("--warm-up", "What runs before, in seconds, and does not count.", warmUp, min: 0);

    /// <summary>Where <c>utp bench serve</c> does the server's part; none: this machine does both.</summary>
    public Argument<EndPoint?> Server { get; } = Parsers.Peer(ArgumentArity.ZeroOrOne);

    public Option<bool> Pin { get; } = new("--pin") { Description = "Hold both processes to one core." };

    public static Option<int> Connections(int byDefault) => Count("--connections", "How many connections.", byDefault, MaxConnections);

    public static Option<int> Ports() =>
        Count("--ports", "From how many ports of the client; 0: none is bound, and connections go as utp.client-port says.", 1, MaxPorts, min: 0);

    public static Option<long?> Bytes() => new("--bytes")
    {
        Description = "Move so much and measure all of it, without a warm-up; instead of --seconds.",
        HelpName = "SIZE",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (ByteSize.TryParse(text, out var bytes) && bytes > 0)
                return bytes;
            result.AddError($"'{text}' is no size above 0: write {ByteSize.Forms}, as in 256MiB");
            return null;
        },
    };

    /// <summary>Which face of this library carries the bytes.</summary>
    public static Option<ApiArgument> Api(bool withFlows = false) => new("--api")
    {
        Description = $"Through which face: actors, UtpStream without them{(withFlows ? ", or Akka.Streams flows" : "")}.",
        HelpName = withFlows ? "actors|stream|flow" : "actors|stream",
        DefaultValueFactory = static _ => new ApiArgument(BenchCarrier.Utp),
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "actors":
                    return new ApiArgument(BenchCarrier.Utp);
                case "stream":
                    return new ApiArgument(BenchCarrier.UtpStream);
                case "flow" when withFlows:
                    return new ApiArgument(BenchCarrier.UtpFlow);
                default:
                    result.AddError($"--api is '{result.Tokens[0].Value}': choose {(withFlows ? "actors, stream or flow" : "actors or stream")}");
                    return new ApiArgument(BenchCarrier.Utp);
            }
        },
    };

    /// <summary>Gives the setting of the datagrams' size.</summary>
    public static Option<MtuArgument> Mtu() => new("--mtu")
    {
        Description = "Bytes of an IP packet, or path: what the path is found to carry.",
        HelpName = "BYTES|path",
        DefaultValueFactory = _ => new MtuArgument(DefaultMtu),
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (text == "path")
                return new MtuArgument(null);
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes is >= MinMtu and <= MaxDatagramBytes + IpAndUdpHeaders)
                return new MtuArgument(bytes);
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"'{text}' is no MTU: write a number from {MinMtu} to {MaxDatagramBytes + IpAndUdpHeaders}, or path"));
            return default;
        },
    };

    /// <summary>Adds the server's address.</summary>
    public void AddServer(Command command)
    {
        Server.Description = "Where 'utp bench serve' runs and does the server's part; left out: both processes run here.";
        command.Add(Server);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Server) is { Tokens.Count: > 0 } && result.GetResult(Pin) is { Implicit: false })
                result.AddError("--pin holds both processes to one core: leave it or HOST:PORT out");
        });
    }

    public void Validate(Command command, Option<long?> bytes) => command.Validators.Add(result =>
    {
        if (result.GetResult(bytes) is { Implicit: false } && (result.GetResult(Seconds) is { Implicit: false } || result.GetResult(WarmUp) is { Implicit: false }))
            result.AddError("--bytes excludes --seconds and --warm-up");
    });

    public BenchJob Job(ParseResult parsed, EndPlan plan) => new(plan)
    {
        Duration = TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
        WarmUp = TimeSpan.FromSeconds(parsed.GetValue(WarmUp)),
        Pin = parsed.GetValue(Pin),
        Server = parsed.GetValue(Server),
    };

    public static Option<int> Count(string name, string description, int byDefault, int max, int min = 1) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => byDefault,
        CustomParser = result => Number(result, min, max),
    };

    internal static string DatagramSize(int mtu) => (mtu - IpAndUdpHeaders).ToString(CultureInfo.InvariantCulture);

    private static Option<double> Time(string name, string description, double byDefault, double min) => new(name)
    {
        Description = description,
        HelpName = "S",
        DefaultValueFactory = _ => byDefault,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= min && value <= MaxSeconds)
                return value;
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}': give seconds from {min} to {MaxSeconds}"));
            return 0;
        },
    };

    private static int Number(ArgumentResult result, int min, int max)
    {
        var text = result.Tokens[0].Value;
        var name = ((OptionResult)result.Parent!).Option.Name;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}': give a number from {min} to {max}"));
        return 0;
    }
}

/// <summary>A face of the library, as it is named on the command line.</summary>
/// <param name="Carrier">Which one.</param>
internal readonly record struct ApiArgument(BenchCarrier Carrier)
{
    /// <inheritdoc/>
    public override string ToString() => Carrier switch
    {
        BenchCarrier.UtpStream => "stream",
        BenchCarrier.UtpFlow => "flow",
        _ => "actors",
    };
}

/// <summary>The size of an IP packet, as it is given on the command line.</summary>
/// <param name="Bytes">How large; null: what the path is found to carry.</param>
internal readonly record struct MtuArgument(int? Bytes)
{
    /// <summary>The setting of the datagrams' size.</summary>
    public string Setting => Bytes is { } bytes ? BenchOptions.DatagramSize(bytes) : BenchOptions.DatagramSizeOfPath;

    /// <inheritdoc/>
    public override string ToString() => Bytes?.ToString(CultureInfo.InvariantCulture) ?? "path";
}
