namespace Utp.Plot;

/// <summary>Why there is no plot, in a sentence for people.</summary>
internal sealed class PlotException(string message, Exception? inner = null) : Exception(message, inner);
