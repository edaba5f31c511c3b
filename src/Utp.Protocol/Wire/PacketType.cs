namespace Utp.Protocol;

/// <summary>The five packet types (BEP 29, "type").</summary>
public enum PacketType : byte
{
    /// <summary>ST_DATA: carries payload and consumes a seq_nr, also when it is empty.</summary>
    Data = 0,

    /// <summary>ST_FIN: the last packet of one direction; consumes a seq_nr.</summary>
    Fin = 1,

    /// <summary>ST_STATE: acknowledges, consumes no seq_nr and carries the next one.</summary>
    State = 2,

    /// <summary>ST_RESET: ends the connection at once.</summary>
    Reset = 3,

    /// <summary>ST_SYN: opens a connection; consumes a seq_nr and alone carries the receive id R.</summary>
    Syn = 4,
}
