using Utp.Plot;

using var interrupt = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupt.Cancel();
};
return PlotCommand.Run(args, Console.Out, Console.Error, interrupt.Token);
