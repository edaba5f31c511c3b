namespace Utp.Cli;

/// <summary>What is wrong with a bundle, or with what it would replace; its message is the sentence that people read.</summary>
/// <param name="sentence">What is wrong, and what to do.</param>
/// <param name="code">Of <see cref="TransferCodes"/>: what the other end is told.</param>
/// <param name="inner">What was thrown.</param>
internal sealed class BundleException(string sentence, ushort code, Exception? inner = null) : IOException(sentence, inner)
{
    /// <summary>Of <see cref="TransferCodes"/>.</summary>
    public ushort Code => code;
}
