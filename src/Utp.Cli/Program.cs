using Utp.Cli;

using var interrupts = new Interrupts();
var code = await CommandLine.RunAsync(args, Terminal.OfProcess(), interrupts.Token).ConfigureAwait(false);
return code == ExitCode.Failed && interrupts.ExitCode is { } cutShort ? cutShort : code;
