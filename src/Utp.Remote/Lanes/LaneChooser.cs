namespace Utp.Remote;

/// <summary>Where a PDU goes, and what must be handed over before it.</summary>
/// <param name="Lane">Its lane.</param>
/// <param name="Waits">The lanes whose earlier frames go first, as bits.</param>
/// <param name="HoldsBack">Whether what is written later to other ordered lanes must not come before it.</param>
internal readonly record struct LaneChoice(int Lane, byte Waits = 0, bool HoldsBack = false);

/// <summary>
/// Chooses the lane of a PDU by what stands in its fields (design note 27). Control: Akka's heartbeats, and the heartbeats of cluster and remote watcher, to refs or selections. Large:
/// recipients that were named. All else is ordinary; with several ordinary lanes, by recipient.
/// </summary>
internal static class LaneChooser
{
    private const int Associate = 1;
    private const int Heartbeat = 3;
    private const int SelectionSerializer = 6;
    private const int MaxSelectionBytes = 512;

    /// <summary>Chooses.</summary>
    /// <param name="view">Of the PDU.</param>
    /// <param name="layout">Of the association.</param>
    /// <param name="large">As configured.</param>
    public static LaneChoice Choose(scoped in PduView view, LaneLayout layout, LargeDestinations large)
    {
        if (view.IsInstruction)
        {
            return view.Instruction switch
            {
                Heartbeat => new LaneChoice(layout.Control),
                Associate => default,

                // Disassociate: the last word of all lanes.
                _ => new LaneChoice(0, (byte)(layout.AllMask & ~1)),
            };
        }

        // System messages have an order with what is ordinary (the first message to an actor that was just deployed comes behind the command that deploys it), acknowledgements one among themselves.
        if (view.Envelope.IsEmpty)
            return default;
        if (view.IsNumbered)
        {
            var waits = layout.OrdinaryMask & ~1;
            if (view.Manifest.IndexOf("DeathWatchNotification"u8) >= 0)
                waits |= layout.LargeMask;
            return new LaneChoice(0, (byte)waits, HoldsBack: true);
        }

        Span<byte> resolved = stackalloc byte[MaxSelectionBytes];
        scoped var path = Below(view.Recipient);
        if (path.Length <= 1 && view.Serializer == SelectionSerializer)
            path = ResolveSelection(view.Content, resolved);
        if (IsControl(path))
            return new LaneChoice(layout.Control);
        if (layout.HasLarge && !large.IsEmpty && large.Contains(path))
            return new LaneChoice(layout.Large);
        if (path.SequenceEqual("/remote"u8))
            return new LaneChoice(0, (byte)(layout.OrdinaryMask & ~1), HoldsBack: true);
        return new LaneChoice(layout.Ordinary == 1 ? 0 : (int)(Hash(path) % (uint)layout.Ordinary));
    }

    /// <summary>A path without its address and the number of its incarnation: "akka.utp://a@b:1/user/c#5" is "/user/c".</summary>
    public static ReadOnlySpan<byte> Below(ReadOnlySpan<byte> path)
    {
        var authority = path.IndexOf("://"u8);
        if (authority >= 0)
            path = path[(authority + 3)..];
        var root = path.IndexOf((byte)'/');
        if (root < 0)
            return default;
        path = path[root..];
        var number = path.LastIndexOf((byte)'#');
        return number >= 0 ? path[..number] : path;
    }

    private static bool IsControl(ReadOnlySpan<byte> path)
    {
        if (path.SequenceEqual("/system/remote-watcher"u8))
            return true;
        if (!path.StartsWith("/system/cluster/"u8))
            return false;
        var name = path[(path.LastIndexOf((byte)'/') + 1)..];
        return name.SequenceEqual("heartbeatReceiver"u8) || name.SequenceEqual("heartbeatSender"u8) || name.SequenceEqual("crossDcHeartbeatSender"u8);
    }

    // SelectionEnvelope: payload 1, pattern 2 repeated; Selection: type 1 (2 is a child's name), matcher 2. One with wildcards or ".." has no path, and is ordinary.
    private static ReadOnlySpan<byte> ResolveSelection(ReadOnlySpan<byte> envelope, Span<byte> resolved)
    {
        var length = 0;
        while (PduView.TryReadField(ref envelope, out var tag, out var selection, out _))
        {
            if (tag != 0x12)
                continue;
            ulong type = 0;
            ReadOnlySpan<byte> name = default;
            while (PduView.TryReadField(ref selection, out var field, out var content, out _))
            {
                if (field == 0x08)
                    PduView.TryReadVarint(content, out type, out _);
                else if (field == 0x12)
                    name = content;
            }

            if (type != 2 || name.IsEmpty || length + 1 + name.Length > resolved.Length)
                return default;
            resolved[length++] = (byte)'/';
            name.CopyTo(resolved[length..]);
            length += name.Length;
        }

        return resolved[..length];
    }

    // FNV-1a: short, and the same on both ends and in every process, though only this end needs it.
    private static uint Hash(ReadOnlySpan<byte> path)
    {
        var hash = 2_166_136_261;
        foreach (var part in path)
            hash = (hash ^ part) * 16_777_619;
        return hash;
    }
}
