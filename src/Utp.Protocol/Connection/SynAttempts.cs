namespace Utp.Protocol;

/// <summary>What an initiator knows until its ST_SYN is answered: which of its two it has sent, how often, when, and what it has heard. Owned by <see cref="Handshake"/>.</summary>
internal sealed class SynAttempts
{
    /// <summary>Whether a ST_SYN is to be sent.</summary>
    public bool IsDue { get; private set; } = true;

    /// <summary>How many have left.</summary>
    public int Count { get; private set; }

    /// <summary>When the first left.</summary>
    public Instant First { get; private set; }

    /// <summary>When the last left.</summary>
    public Instant Last { get; private set; }

    /// <summary>Whether the one with our capabilities has left.</summary>
    public bool FirstSent { get; private set; }

    /// <summary>Whether the plain one, with an id of its own, has left.</summary>
    public bool FallbackSent { get; private set; }

    /// <summary>Whether the user's first bytes were on one.</summary>
    public bool PayloadOffered { get; private set; }

    /// <summary>What ICMP said without a proof.</summary>
    public PathError? Unproved { get; private set; }

    /// <summary>The first seq_nr of what overtook the answer.</summary>
    public SeqNr? EarlySeqNr { get; private set; }

    /// <summary>Nothing answered: again.</summary>
    public void OnRetry() => IsDue = true;

    /// <summary>One leaves now.</summary>
    public void OnLeaving(Instant now)
    {
        IsDue = false;
        Count++;
        Last = now;
        if (Count == 1)
            First = now;
    }

    /// <summary>It is this one.</summary>
    public void OnSent(bool plain, bool withPayload)
    {
        FirstSent |= !plain;
        FallbackSent |= plain;
        PayloadOffered |= withPayload;
    }

    /// <summary>The socket did not take the last ST_SYN: it was never sent.</summary>
    public void OnTakenBack()
    {
        IsDue = true;
        PayloadOffered &= --Count > 0;
    }

    /// <summary>Data overtook the answer.</summary>
    public void OnEarly(SeqNr seqNr)
    {
        if (EarlySeqNr is not { } early || early.IsAfter(seqNr))
            EarlySeqNr = seqNr;
    }

    /// <summary>ICMP says that the peer is not there, and quotes nothing of ours. The first word counts.</summary>
    public void OnUnproved(PathError error) => Unproved ??= error;
}
