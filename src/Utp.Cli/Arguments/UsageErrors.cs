using System.CommandLine;
using System.CommandLine.Parsing;

namespace Utp.Cli;

/// <summary>What is wrong with a command line, in our own words: what it is about, what there is instead, and where to read on.</summary>
internal static class UsageErrors
{
    /// <summary>The sentence; null: nothing is wrong.</summary>
    public static string? Of(ParseResult parsed)
    {
        var name = Name(parsed.CommandResult.Command);
        return UnknownOption(parsed, name)
            ?? (UnmatchedWord(parsed, name) ?? WithoutCommand(parsed, name) ?? Missing(parsed, name) ?? (parsed.Errors.Count > 0 ? parsed.Errors[0].Message.TrimEnd('.') : null)) switch
            {
                null => null,
                var sentence => $"{sentence} (see {name} --help).",
            };
    }

    /// <summary>The sentence about an option that nobody knows, also where words that begin so would be taken for paths; null: there is none.</summary>
    public static string? UnknownOption(ParseResult parsed) => UnknownOption(parsed, Name(parsed.CommandResult.Command));

    /// <summary>As it is typed, without <c>utp</c>.</summary>
    public static string Path(Command command) => string.Join(' ', new[] { command }
        .Concat(command.Parents.OfType<Command>())
        .Where(static c => c is not RootCommand)
        .Reverse()
        .Select(static c => c.Name));

    private static string Name(Command command) => $"utp {Path(command)}".TrimEnd();

    // Where an argument is awaited the parser takes an option that it does not know for one: then the file would be blamed.
    private static string? UnknownOption(ParseResult parsed, string name)
    {
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.DoubleDash)
                return null;
            if (token.Type != TokenType.Argument || token.Value is not ['-', var second, ..] || !(second == '-' || char.IsAsciiLetter(second)))
                continue;
            string[] known = [.. Options(parsed.CommandResult.Command)];
            var meant = Nearest.Of(token.Value, known) is { } nearest ? $"did you mean {nearest}? " : "";
            return $"There is no option '{token.Value}' here: {meant}{name} takes {string.Join(", ", known)}; a file of that name is written ./{token.Value} (see {name} --help).";
        }

        return null;
    }

    /// <summary>The options of a command as they are written, long ones where there are two.</summary>
    public static IEnumerable<string> Options(Command command) => command.Options.Where(static option => !option.Hidden).SelectMany(static option => option.Aliases.Prepend(option.Name))
        .Where(static option => option.StartsWith("--", StringComparison.Ordinal) || option is "-4" or "-6")
        .Concat(["--config", "--set", "--json", "--help"]).Distinct(StringComparer.Ordinal);

    private static string? UnmatchedWord(ParseResult parsed, string name)
    {
        if (parsed.UnmatchedTokens.Count == 0)
            return null;
        var (word, command) = (parsed.UnmatchedTokens[0], parsed.CommandResult.Command);
        if (command.Subcommands.Count == 0)
            return $"'{word}' is one too many: {name} takes {Arguments(command)}";
        var known = Commands(command);
        var meant = Nearest.Of(word, known) is { } nearest ? $"did you mean {nearest}? " : "";
        return $"There is no command '{word}': {meant}{name} has {string.Join(", ", known)}";
    }

    private static string? WithoutCommand(ParseResult parsed, string name)
    {
        var command = parsed.CommandResult.Command;
        return command.Subcommands.Count > 0 && command.Action is null ? $"No command is given: {name} has {string.Join(", ", Commands(command))}" : null;
    }

    private static string? Missing(ParseResult parsed, string name)
    {
        var command = parsed.CommandResult.Command;
        foreach (var argument in command.Arguments.Where(static argument => argument.Arity.MinimumNumberOfValues > 0))
        {
            if (parsed.GetResult(argument) is not { Tokens.Count: > 0 })
                return $"{argument.Name} is missing: {name} takes {Arguments(command)}";
        }

        foreach (var option in command.Options)
        {
            var result = parsed.GetResult(option);
            if (option.Required && result?.IdentifierToken is null)
                return $"{option.Name} is missing: add {option.Name} {option.HelpName}";
            if (result is { Implicit: false, Tokens.Count: 0 } && option.Arity.MinimumNumberOfValues > 0)
                return $"{option.Name} has no value: write {option.Name} {option.HelpName}";
        }

        return null;
    }

    private static string Arguments(Command command) =>
        command.Arguments.Count == 0 ? "options only" : string.Join(" and ", command.Arguments.Select(static argument => argument.HelpName ?? argument.Name));

    private static string[] Commands(Command command) => [.. command.Subcommands.Where(static c => !c.Hidden).Select(static c => c.Name)];
}
