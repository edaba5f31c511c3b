using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

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

    public static Option<long> Size(string name, string description, long byDefault, long max) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        DefaultValueFactory = _ => byDefault,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (ByteSize.TryParse(text, out var bytes) && bytes <= max)
                return bytes;
            result.AddError($"'{text}' is no size up to {ByteSize.Text(max)}: write {ByteSize.Forms}, as in 256MiB");
            return 0;
        },
    };

    private static T? Fail<T>(ArgumentResult result, string problem)
        where T : class
    {
        result.AddError(problem);
        return null;
    }
}
