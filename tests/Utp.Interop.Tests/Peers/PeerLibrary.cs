namespace Utp.Interop.Tests.Peers;

/// <summary>Software on the other end that nobody here wrote.</summary>
public enum PeerLibrary
{
    /// <summary>libutp, the reference implementation, in the npm package utp-native.</summary>
    Libutp,

    /// <summary>The npm package utp, pure JavaScript.</summary>
    Utp,
}
