using Utp.Cli;

using var interrupts = new Interrupts();
return await CommandLine.RunAsync(args, Terminal.OfProcess(), interrupts.Token).ConfigureAwait(false);
