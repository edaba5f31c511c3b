using Utp.Protocol;

namespace Utp.Simulation;

/// <summary>
/// Holds what arrives against the plan of what was sent: every byte once and in order, and in object and frame mode every cut and all
/// metadata too. Owned by one <see cref="TransferUser"/>.
/// </summary>
internal sealed class ReceivedChecker(TransferPlan plan)
{
    private const int SearchRange = 1 << 16;
    private long _writeIndex;
    private long _writeStart;

    /// <summary>Bytes that arrived, all of them right.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether everything has arrived.</summary>
    public bool IsComplete => Bytes == plan.Bytes;

    /// <summary>Checks one piece; returns what is wrong with it, or null.</summary>
    public string? Check(ReadOnlySpan<byte> data, ReadOnlySpan<byte> metadata)
    {
        if (Bytes + data.Length > plan.Bytes)
            return $"{data.Length} bytes arrived at position {Bytes} of a stream of {plan.Bytes}";
        var mismatch = plan.Pattern.FindMismatch(data, Bytes);
        if (mismatch >= 0)
            return Misplaced(data, mismatch);
        var wrongCut = plan.Mode == DeliveryMode.Bytes ? null : CheckCut(data.Length, metadata);
        Bytes += data.Length;
        return wrongCut;
    }

    private string Misplaced(ReadOnlySpan<byte> data, int mismatch)
    {
        var position = Bytes + mismatch;
        var actual = plan.Pattern.Locate(data[mismatch..], position, SearchRange);
        return actual < 0
            ? $"the bytes from {position} on are not of this stream"
            : $"at position {position} stand the bytes of {actual} ({actual - position:+#;-#;0})";
    }

    private string? CheckCut(int length, ReadOnlySpan<byte> metadata)
    {
        var write = plan.WriteBytes(_writeIndex, _writeStart);
        var offset = Bytes - _writeStart;
        if (!metadata.SequenceEqual(plan.Metadata(_writeIndex)))
            return $"the metadata at position {Bytes} are not those of write {_writeIndex}";
        if (offset + length > write)
            return $"a piece of {length} bytes at {offset} of write {_writeIndex} runs over its end at {write}";
        if (plan.Mode == DeliveryMode.Frames && length != write)
            return $"frame {_writeIndex} has {length} bytes instead of {write}";
        if (offset + length < write)
            return null;
        _writeStart += write;
        _writeIndex++;
        return null;
    }
}
