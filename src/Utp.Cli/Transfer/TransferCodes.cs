namespace Utp.Cli;

/// <summary>Close reasons by which the two ends of a transfer tell each other why it failed (extension 3). Another program may send other codes; these say nothing to it.</summary>
internal static class TransferCodes
{
    /// <summary>The receiver's disk, or its quota, is full.</summary>
    public const ushort NoSpace = 0x5501;

    /// <summary>The receiver may not write, or cannot for another reason.</summary>
    public const ushort NotWritten = 0x5502;

    /// <summary>Whoever runs the command at that end has stopped it.</summary>
    public const ushort Interrupted = 0x5503;

    /// <summary>The receiver takes one transfer at a time, and has one.</summary>
    public const ushort Busy = 0x5504;

    /// <summary>The sender cannot read its file to the end.</summary>
    public const ushort NotRead = 0x5505;

    /// <summary>One end has a folder or several files to send, and the other stores one file.</summary>
    public const ushort OneFile = 0x5506;

    /// <summary>The receiver has something of the same name already, and may not replace it.</summary>
    public const ushort Exists = 0x5507;

    /// <summary>What arrived is no bundle that the receiver stores: broken, or with names or links that lead out of its folder.</summary>
    public const ushort WrongBundle = 0x5508;

    /// <summary>Why a sink failed.</summary>
    public static ushort Of(Exception error)
    {
        if (error is BundleException { Code: var code })
            return code;
        const int NoSpaceOnUnix = 28, QuotaOnUnix = 122, FullOnWindows = 0x70;
        return error is IOException && (error.HResult & 0xFFFF) is NoSpaceOnUnix or QuotaOnUnix or FullOnWindows ? NoSpace : NotWritten;
    }

    /// <summary>What the peer's code means, in one sentence; null: it is none of these.</summary>
    public static string? Sentence(string address, ushort? code) => code switch
    {
        NoSpace => $"The receiver's disk is full ({address}): make room there, and send again.",
        NotWritten => $"The receiver at {address} cannot write what it gets: see what it says there, and send again.",
        Interrupted => $"The other end, {address}, was stopped by its user: start it and the transfer again.",
        Busy => $"The receiver at {address} takes one transfer at a time, and has one: wait for its end, and send again.",
        NotRead => $"The sender at {address} cannot read its file to the end: see what it says there.",
        OneFile => $"{address} sends a folder or several files, and one file is stored here: name a folder with --out (one that exists, or with / at its end), and send again.",
        Exists => $"The receiver at {address} has a file or folder of the same name: add --force there to replace it, or choose another folder.",
        WrongBundle => $"The receiver at {address} does not store what it gets: see what it says there, and send again.",
        Protocol.CloseCodes.NotRead => $"{address} closed before it had read all that was sent: see why it did, and send again.",
        _ => null,
    };
}
