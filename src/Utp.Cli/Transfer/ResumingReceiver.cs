using System.Security.Cryptography;
using Akka.Actor;

namespace Utp.Cli;

/// <summary>
/// The receiver's part of a transfer that may go on where another one stopped: hashes what is kept, offers it, and finds out by the first bytes whether the sender goes on from there.
/// Belongs to one actor and is used on its thread only; hashing happens elsewhere.
/// </summary>
internal sealed class ResumingReceiver(FileSink sink, IActorRef self)
{
    private readonly List<byte> _head = [];
    private ResumeOffer? _offer;
    private IncrementalHash? _hash;

    /// <summary>Whether it is known from where the file's bytes come.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>How many bytes that were kept are part of the file; once decided.</summary>
    public long Kept { get; private set; }

    /// <summary>The hash of what is kept, for more to be appended; null: nothing is. Once decided; the caller's.</summary>
    public IncrementalHash? Hash => Kept > 0 ? _hash : null;

    /// <summary>What came and belongs to the file; once decided.</summary>
    public ReadOnlyMemory<byte> First { get; private set; }

    /// <summary>Hashes what is kept; a <see cref="Ready"/> follows.</summary>
    public void Start() => Task.Run(() =>
    {
        try
        {
            return new Ready(sink.HashKept());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // What cannot be read again is not worth offering.
            return new Ready(null);
        }
    }).PipeTo(self);

    /// <summary>The offer, for the sender.</summary>
    public byte[] OfferOf(Ready ready)
    {
        _hash = ready.Hash;
        _offer = ResumeOffer.Of(_hash is null ? 0 : sink.Kept, _hash?.GetCurrentHash() ?? SHA256.HashData([]));
        return _offer.ToBytes();
    }

    /// <summary>Takes what has come first. Whether it is decided now.</summary>
    public bool Take(ReadOnlySpan<byte> data)
    {
        _head.AddRange(data);
        if (_head.Count >= ResumeOffer.AnswerLength)
            Decide();
        return IsDecided;
    }

    /// <summary>Nothing more comes, or enough: without an answer at the beginning all of it is the file's.</summary>
    public void Decide()
    {
        IsDecided = true;
        var head = _head.ToArray();
        if (_offer is not null && _offer.TryReadAnswer(head, out var from))
        {
            Kept = from;
            head = head[ResumeOffer.AnswerLength..];
        }

        First = head;
        if (Kept == 0)
            sink.Restart();
    }

    /// <summary>What is kept has been hashed; null: it could not be read.</summary>
    public sealed record Ready(IncrementalHash? Hash);
}
