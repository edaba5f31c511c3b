using Utp.Messages;

namespace Utp.Remote;

/// <summary>One connection of a lane. A lane has one after the other when it is resumed; which one speaks is seen by it, so that a lost one is not heard any more.</summary>
/// <param name="lane">Whose it is.</param>
internal sealed class LaneLink(Lane lane) : ILinkUser
{
    private readonly byte[] _answer = new byte[Hello.LongLength];
    private Lane _lane = lane;
    private int _answerBytes;

    /// <summary>The connection.</summary>
    public ILink Link { get; set; } = null!;

    /// <summary>Of one that resumes: what it says first.</summary>
    public Func<long, Hello>? Opening { get; init; }

    /// <summary>Of one that resumes: whether the peer has heard of it.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Another lane's from now on.</summary>
    public void MoveTo(Lane lane) => Volatile.Write(ref _lane, lane);

    /// <summary>Reads the answer to <see cref="Opening"/>.</summary>
    /// <param name="data">What has arrived; advanced.</param>
    /// <param name="hello">The answer.</param>
    /// <returns>Null: it is not whole yet; false: it is none.</returns>
    public bool? ReadAnswer(ref ReadOnlyMemory<byte> data, out Hello hello)
    {
        hello = default;
        while (true)
        {
            var needed = _answerBytes < Hello.Length || !(Hello.TryParse(_answer.AsSpan(0, Hello.Length), out hello) && hello.IsLong) ? Hello.Length : Hello.LongLength;
            if (_answerBytes == needed)
                return Hello.TryParse(_answer.AsSpan(0, needed), out hello);
            if (data.IsEmpty)
                return null;
            var count = Math.Min(needed - _answerBytes, data.Length);
            data.Span[..count].CopyTo(_answer.AsSpan(_answerBytes));
            _answerBytes += count;
            data = data[count..];
        }
    }

    void ILinkUser.OnOpen(Connected connected) => Volatile.Read(ref _lane).OnOpen(this, connected);

    void ILinkUser.OnOpenFailed(string message, Exception? exception) => Volatile.Read(ref _lane).OnOpenFailed(this, message, exception);

    void ILinkUser.OnReceived(Received received) => Volatile.Read(ref _lane).OnReceived(this, received);

    void ILinkUser.OnPeerFinished() => Volatile.Read(ref _lane).OnPeerFinished(this);

    void ILinkUser.OnOver(ConnectionClosed closed) => Volatile.Read(ref _lane).OnOver(this, closed);
}
