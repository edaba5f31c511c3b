namespace Utp.Protocol;

/// <summary>
/// An acceptor whose peer's address is not confirmed yet (protocol.md §9): what it has answered and asked, and how many bytes may still leave. Owned by
/// <see cref="Handshake"/>, until the confirmation.
/// </summary>
/// <param name="answer">The capabilities that every packet shows until then.</param>
/// <param name="receivedBytes">The size of what has arrived.</param>
/// <param name="tagBytes">What tags take of a packet that shows capabilities (note 0034).</param>
internal sealed class HalfOpen(Capabilities answer, int receivedBytes, int tagBytes = 0)
{
    // protocol.md §9: so many bytes of UDP payload leave at most per byte received.
    private const long Amplification = 3;

    private long _budget = Amplification * receivedBytes;
    private bool _questionDue;

    /// <summary>What every packet shows.</summary>
    public Capabilities Answer => answer;

    /// <summary>Whether the answer is to be sent, again or for the first time.</summary>
    public bool IsAnswerDue { get; private set; }

    /// <summary>How often the answer has left.</summary>
    public int AnswersSent { get; private set; }

    /// <summary>How often the peer was asked whether it is there.</summary>
    public int Questions { get; private set; }

    /// <summary>When the answer or a question left last.</summary>
    public Instant LastSent { get; private set; }

    /// <summary>Bytes that come before the payload of every packet.</summary>
    public int OverheadBytes => PacketHeader.Length + (answer == Capabilities.None ? 0 : 2 + CapabilitiesExtension.Length) + tagBytes;

    /// <summary>Whether a packet of so many bytes behind the overhead may leave.</summary>
    public bool MaySend(int bytes) => _budget >= OverheadBytes + bytes;

    /// <summary>Bytes of payload that may leave now: half of what is left, so that it can be repeated; its ack confirms.</summary>
    public int DataRoom(int maxPayload) => (int)Math.Min((_budget / 2) - OverheadBytes, maxPayload - CapabilitiesExtension.Length - 2);

    /// <summary>Whether more than the overhead may leave.</summary>
    public bool HasRoom => _budget > OverheadBytes;

    /// <summary>A ST_SYN was taken: it is to be answered.</summary>
    public void OnSyn() => IsAnswerDue = true;

    /// <summary>A stateless answer was given before, twice at most for all that is known, and its proof arrived just now.</summary>
    public void OnProof(Instant now) => (AnswersSent, LastSent) = (2, now);

    /// <summary>The same ST_SYN came again. What was asked before it had our answer was lost on it.</summary>
    public void OnSynAgain(int bytes)
    {
        _budget += Amplification * bytes;
        IsAnswerDue = true;
        _questionDue |= Questions > 0;
    }

    /// <summary>
    /// Whether to ask now: a foreign initiator acknowledges nothing until it is asked, at once when we have something to do (<paramref name="isEager"/>), later when
    /// it stays silent.
    /// </summary>
    public bool WantsQuestion(bool isEager) => _questionDue || (Questions == 0 && isEager);

    /// <summary>The peer has been silent for long.</summary>
    public void OnSilence() => _questionDue = true;

    /// <summary>The answer leaves.</summary>
    public void OnAnswerSent(Instant now)
    {
        IsAnswerDue = false;
        AnswersSent++;
        LastSent = now;
    }

    /// <summary>A question leaves.</summary>
    public void OnQuestionSent(Instant now)
    {
        _questionDue = false;
        Questions++;
        LastSent = now;
    }

    /// <summary>A datagram left.</summary>
    public void Spend(int bytes) => _budget -= bytes;

    /// <summary>The socket did not take the answer.</summary>
    public void OnAnswerTakenBack()
    {
        IsAnswerDue = true;
        AnswersSent--;
        OnTakenBack(PacketHeader.Length);
    }

    /// <summary>The socket did not take the question.</summary>
    public void OnQuestionTakenBack()
    {
        _questionDue = true;
        Questions--;
        OnTakenBack(PacketHeader.Length);
    }

    /// <summary>The socket did not take a datagram of at least so many bytes.</summary>
    public void OnTakenBack(int bytes) => _budget += bytes;
}
