using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;

namespace Utp.Cli;

/// <summary>Arguments and options of the kinds that several commands have; a wrong value is an error of the command line.</summary>
internal static class Parsers
{
    public static Argument<EndPoint?> Peer(ArgumentArity arity) => new("HOST:PORT")
    {
        Description = "The peer; an IPv6 address in brackets, as in [::1]:9000.",
        Arity = arity,
        CustomParser = result => Addresses.TryParsePeer(result.Tokens[0].Value, out var peer, out var problem) ? peer : Fail<EndPoint>(result, problem),
    };

    public static Option<IPEndPoint?> Local(string name, bool required) => new(name)
    {
        Description = "Where to listen: an address, or * for all; port 0 takes any free one.",
        HelpName = "ADDR:PORT",
        Required = required,
        CustomParser = result => Addresses.TryParseLocal(result.Tokens[0].Value, out var local, out var problem) ? local : Fail<IPEndPoint>(result, problem),
    };

    /// <summary>Which IP version: <c>-4</c> or <c>-6</c>.</summary>
    public static (Option<bool> Four, Option<bool> Six) Families(Command command)
    {
        var four = new Option<bool>("-4") { Description = "Over IPv4 only." };
        var six = new Option<bool>("-6") { Description = "Over IPv6 only." };
        command.Add(four);
        command.Add(six);
        command.Validators.Add(result =>
        {
            if (result.GetValue(four) && result.GetValue(six))
                result.AddError("-4 and -6 exclude each other");
        });
        return (four, six);
    }

    /// <summary>The IP version that was asked for; unspecified: either.</summary>
    public static AddressFamily Family(this ParseResult parsed, (Option<bool> Four, Option<bool> Six) options) =>
        parsed.GetValue(options.Four) ? AddressFamily.InterNetwork : parsed.GetValue(options.Six) ? AddressFamily.InterNetworkV6 : AddressFamily.Unspecified;

    public static Option<SizeArgument> Size(string name, string description, long byDefault, long max) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        DefaultValueFactory = _ => new SizeArgument(byDefault),
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (ByteSize.TryParse(text, out var bytes) && bytes <= max)
                return new SizeArgument(bytes);
            result.AddError($"'{text}' is no size up to {ByteSize.Text(max)}: write {ByteSize.Forms}, as in 256MiB");
            return default;
        },
    };

    private static T? Fail<T>(ArgumentResult result, string problem)
        where T : class
    {
        result.AddError(problem);
        return null;
    }
}

/// <summary>A size that was given, or is given by default; as a text it can be given again.</summary>
/// <param name="Bytes">How many.</param>
internal readonly record struct SizeArgument(long Bytes)
{
    /// <inheritdoc/>
    public override string ToString() => Bytes switch
    {
        > 0 when Bytes % (1 << 30) == 0 => $"{Bytes >> 30}GiB",
        > 0 when Bytes % (1 << 20) == 0 => $"{Bytes >> 20}MiB",
        > 0 when Bytes % (1 << 10) == 0 => $"{Bytes >> 10}KiB",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Bytes} bytes"),
    };
}
