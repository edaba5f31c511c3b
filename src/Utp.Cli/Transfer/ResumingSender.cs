using System.Security.Cryptography;
using Akka.Actor;

namespace Utp.Cli;

/// <summary>
/// The sender's part of a transfer that may go on where another one stopped: hears the receiver's offer, and goes on from there only if its file begins with exactly those bytes.
/// Belongs to one actor and is used on its thread only; reading happens elsewhere.
/// </summary>
internal sealed class ResumingSender(FileStream source, IActorRef self)
{
    private readonly List<byte> _head = [];
    private ResumeOffer? _offer;

    /// <summary>Whether an offer is still awaited.</summary>
    public bool IsWaiting => _offer is null;

    /// <summary>Takes what the receiver says first. False: it is no offer.</summary>
    public bool Take(ReadOnlySpan<byte> data)
    {
        _head.AddRange(data);
        if (_head.Count < ResumeOffer.Length)
            return true;
        if (!ResumeOffer.TryParse(_head.ToArray(), out _offer))
            return false;
        CompareAsync(_offer!).PipeTo(self);
        return true;
    }

    /// <summary>The answer.</summary>
    public byte[] AnswerOf(Compared compared) => _offer!.Answer(compared.From);

    // The stream then stands where it is to go on.
    private async Task<Compared> CompareAsync(ResumeOffer offer)
    {
        try
        {
            var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            if (offer.Bytes > 0 && offer.Bytes <= source.Length)
            {
                var buffer = new byte[128 << 10];
                for (var left = offer.Bytes; left > 0;)
                {
                    var count = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left))).ConfigureAwait(false);
                    if (count == 0)
                        break;
                    hash.AppendData(buffer, 0, count);
                    left -= count;
                }

                if (CryptographicOperations.FixedTimeEquals(hash.GetCurrentHash(), offer.Hash))
                    return new Compared(offer.Bytes, hash, null);
                hash.Dispose();
                hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            }

            source.Position = 0;
            return new Compared(0, hash, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return new Compared(0, null, e);
        }
    }

    /// <summary>From which byte the transfer goes on, with the hash of those before it; or why the file could not be read.</summary>
    public sealed record Compared(long From, IncrementalHash? Hash, Exception? Error);

    /// <summary>The receiver has the answer.</summary>
    public sealed class Answered
    {
        public static readonly Answered Instance = new();
    }
}
