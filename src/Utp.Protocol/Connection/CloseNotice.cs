namespace Utp.Protocol;

/// <summary>
/// What our last packets say of the reason (extension 3; design note 0025). Where something is left unread the user's code counts, too, and the flag beside it says what
/// it means. Owned by the connection.
/// </summary>
internal sealed class CloseNotice
{
    /// <summary>In the first byte of extension 3, which others leave 0 and do not read: what was sent to us is not read.</summary>
    public const byte NotReadFlag = 1;

    /// <summary>Beside it, on ST_FIN: what was written before is not all sent, and the end is none that the writer wanted.</summary>
    public const byte CutOffFlag = 2;

    private ushort _notRead = CloseCodes.NotRead;

    /// <summary>The user's code, or what stands for it; null: none.</summary>
    public ushort? Code { get; private set; }

    /// <summary>Whether the user has cut our direction off.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>The code where something is left unread.</summary>
    public ushort NotReadCode => Code ?? _notRead;

    /// <summary>The user closes with this code, or without.</summary>
    public void OnClose(ushort? code) => Code = code;

    /// <summary>The user stops reading, and gives a code for that.</summary>
    public void OnStopReading(ushort code) => _notRead = code;

    /// <summary>The user cuts our direction off, with this code or <see cref="CloseCodes.CutOff"/>.</summary>
    public void OnCutOff(ushort? code) => (IsCutOff, Code) = (true, code ?? CloseCodes.CutOff);

    /// <summary>The ST_RESET that follows says what is not read.</summary>
    public void OnLeftUnread() => Code = NotReadCode;
}
