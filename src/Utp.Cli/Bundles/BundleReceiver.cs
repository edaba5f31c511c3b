using Akka.Actor;

namespace Utp.Cli;

/// <summary>
/// The receiver's part in front of a bundle: tells by the first bytes whether it is one or a file, and answers. Belongs to one actor and is used on its thread only; what takes a while
/// happens elsewhere.
/// </summary>
/// <param name="open">Makes the sink of a bundle; null: none is stored here.</param>
/// <param name="self">The actor.</param>
internal sealed class BundleReceiver(Func<BundleHello, BundleSink>? open, IActorRef self)
{
    private readonly List<byte> _head = [];
    private readonly Lock _lock = new();
    private BundleAnswer? _answer;
    private BundleHello? _hello;
    private BundleSink? _opened;
    private bool _released;

    /// <summary>Whether it is known what comes.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>Where the bundle goes, the caller's; null: what comes is a file. Once decided.</summary>
    public BundleSink? Sink { get; private set; }

    /// <summary>What was said of the bundle. Once decided.</summary>
    public BundleHello? Hello => Sink is null ? null : _hello;

    /// <summary>What came and belongs to the file or the bundle; once decided.</summary>
    public ReadOnlyMemory<byte> First { get; private set; }

    /// <summary>Why a bundle that was offered is not stored here, in one sentence; null: none was, or it is.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Takes what has come first. Whether an answer is due: a <see cref="Ready"/> follows, and until then nothing more is to be read.</summary>
    public bool Take(ReadOnlySpan<byte> data)
    {
        _head.AddRange(data);
        var head = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_head);
        if (_hello is not null)
        {
            if (_answer is not null && head.Length >= BundleHello.Length + BundleHello.NumberBytes)
                Decide();
            return false;
        }

        if (BundleHello.TryParse(head, out _hello))
        {
            var hello = _hello!;
            Task.Run(() => Open(hello)).PipeTo(self);
            return true;
        }

        if (!BundleHello.MayBegin(head) || head.Length >= BundleHello.Length)
            Decide();
        return false;
    }

    /// <summary>The answer, for the sender.</summary>
    public byte[] AnswerOf(Ready ready)
    {
        (_answer, Refusal) = (ready.Answer, ready.Refusal);
        return _answer.ToBytes();
    }

    /// <summary>Nothing more comes, or enough: without the answer's number behind the hello all of it is a file's.</summary>
    public void Decide()
    {
        IsDecided = true;
        var head = _head.ToArray();
        if (_answer is { Refusal: 0 } && head.AsSpan(Math.Min(head.Length, BundleHello.Length)).StartsWith(_answer.Number))
        {
            (Sink, _opened) = (_opened, null);
            head = head[(BundleHello.Length + BundleHello.NumberBytes)..];
        }
        else
        {
            Release();
        }

        First = head;
    }

    /// <summary>What was opened for a bundle that does not come is closed, also if it is still being opened.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _released = true;
            _opened?.Dispose();
            _opened = null;
        }
    }

    private Ready Open(BundleHello hello)
    {
        var nothing = new Dictionary<string, KeptFile>();
        if (open is null)
            return new Ready(BundleAnswer.To(hello, TransferCodes.OneFile, nothing), "The sender offers a folder or several files, and one file is stored here: name a folder with --out (one that exists, or with / at its end).");
        try
        {
            var sink = open(hello);
            lock (_lock)
            {
                if (_released)
                    sink.Dispose();
                else
                    _opened = sink;
            }

            return new Ready(BundleAnswer.To(hello, 0, sink.HashKept()), null);
        }
        catch (Exception e) when (e is CliException or IOException or UnauthorizedAccessException)
        {
            var sentence = e is CliException ? e.Message : FileErrors.Reading("What an earlier transfer has left", e);
            return new Ready(BundleAnswer.To(hello, TransferCodes.Of(e is CliException { InnerException: { } inner } ? inner : e), nothing), sentence);
        }
    }

    /// <summary>The answer, and why it is a refusal.</summary>
    public sealed record Ready(BundleAnswer Answer, string? Refusal);
}
