namespace Utp.Protocol;

/// <summary>How far our own direction has come to its end: asked for, ST_FIN sent, acknowledged; or cut off, because the peer reads no more. Owned by the connection.</summary>
internal sealed class OwnEnd
{
    /// <summary>Whether the user wants it: nothing more is written.</summary>
    public bool IsRequested { get; private set; }

    /// <summary>Whether a ST_FIN is to follow the last data, or has.</summary>
    public bool IsQueued { get; private set; }

    /// <summary>Whether the ST_FIN has left.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Whether every transmission of it has acknowledged the peer's.</summary>
    public bool AnswersPeers { get; private set; }

    /// <summary>Whether it was acknowledged, and with it everything before it.</summary>
    public bool IsAcked { get; private set; }

    /// <summary>Whether the peer has said that it reads no more: nothing that we could send would be heard (design note 0025).</summary>
    public bool IsUnheard { get; private set; }

    /// <summary>Whether a ST_FIN is still to be sent.</summary>
    public bool HasFinToSend => IsQueued && !IsSent;

    /// <summary>The user closes this direction.</summary>
    public void Request() => (IsRequested, IsQueued) = (true, !IsUnheard);

    /// <summary>The ST_FIN leaves for the first time; <paramref name="answersPeers"/>: the peer's had come before.</summary>
    public void OnFinSent(bool answersPeers) => (IsSent, AnswersPeers) = (true, answersPeers);

    /// <summary>The ST_FIN was acknowledged.</summary>
    public void OnFinAcked() => IsAcked = true;

    /// <summary>The peer reads no more.</summary>
    public void OnUnheard() => (IsUnheard, IsQueued) = (true, false);
}
