namespace Utp.Protocol;

/// <summary>Why a ST_SYN was not accepted.</summary>
public enum AcceptRefusal
{
    /// <summary>It was accepted.</summary>
    None,

    /// <summary>Its receive id belongs to another live connection of that peer.</summary>
    IdInUse,

    /// <summary>A limit of half-open connections is reached.</summary>
    HalfOpenLimit,

    /// <summary>A limit of connections is reached.</summary>
    ConnectionLimit,
}
