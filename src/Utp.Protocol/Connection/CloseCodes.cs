namespace Utp.Protocol;

/// <summary>Close reasons (extension 3) that this library gives by itself. All others are the user's, or another implementation's.</summary>
public static class CloseCodes
{
    /// <summary>What the peer sent was not read, and will not be: whoever should have read it has closed or given up reading.</summary>
    public const ushort NotRead = 0xFF01;

    /// <summary>The peer has aborted its writing: what came is not all that it had to say.</summary>
    public const ushort CutOff = 0xFF02;
}
