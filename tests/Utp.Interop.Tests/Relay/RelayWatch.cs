namespace Utp.Interop.Tests.Relay;

/// <summary>What a relay has seen, read from the bytes alone (BEP 29, "header format"), so that it does not believe our own parser.</summary>
internal sealed class RelayWatch
{
    private const int Data = 0, Fin = 1, State = 2, Syn = 4;

    private readonly Lock _lock = new();
    private readonly Way[] _ways = [new(), new()];
    private readonly int[] _fates = new int[Enum.GetValues<RelayFate>().Length];
    private readonly TaskCompletionSource _initiatorAcknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>When the initiator has sent its first ST_STATE.</summary>
    public Task InitiatorAcknowledgedAsync() => Patience.WaitAsync(_initiatorAcknowledged.Task, "The initiator did not acknowledge");

    /// <summary>Datagrams that met a fate.</summary>
    public int Count(RelayFate fate)
    {
        lock (_lock)
            return _fates[(int)fate];
    }

    /// <summary>Datagrams from that end which carry an extension.</summary>
    public int WithExtension(RelayDirection direction)
    {
        lock (_lock)
            return _ways[(int)direction].WithExtension;
    }

    /// <summary>The most packets that that end had sent and not heard to be acknowledged.</summary>
    public int MostInFlight(RelayDirection direction)
    {
        lock (_lock)
            return _ways[(int)direction].MostInFlight;
    }

    /// <summary>A datagram came in.</summary>
    public void Note(RelayDirection direction, ReadOnlySpan<byte> datagram, RelayFate fate)
    {
        lock (_lock)
        {
            _fates[(int)fate]++;
            var type = datagram[0] >> 4;
            if (type == State && direction == RelayDirection.FromInitiator)
                _initiatorAcknowledged.TrySetResult();
            _ways[(int)direction].OnSent(datagram[1] != 0, type is Data or Fin or Syn, UInt16At(datagram, 16));

            // ST_SYN acknowledges nothing.
            if (type != Syn)
                _ways[1 - (int)direction].OnAcknowledged(UInt16At(datagram, 18));
        }
    }

    private static ushort UInt16At(ReadOnlySpan<byte> bytes, int offset) => (ushort)((bytes[offset] << 8) | bytes[offset + 1]);

    private sealed class Way
    {
        private ushort? _newest;
        private ushort? _acknowledged;

        public int WithExtension { get; private set; }

        public int MostInFlight { get; private set; }

        public void OnSent(bool extension, bool sequenced, ushort seqNr)
        {
            if (extension)
                WithExtension++;
            if (!sequenced)
                return;
            if (_newest is not { } newest || (short)(seqNr - newest) > 0)
                _newest = seqNr;
            if (_acknowledged is { } acknowledged)
                MostInFlight = Math.Max(MostInFlight, (short)(_newest.Value - acknowledged));
        }

        public void OnAcknowledged(ushort ackNr)
        {
            if (_acknowledged is not { } acknowledged || (short)(ackNr - acknowledged) > 0)
                _acknowledged = ackNr;
        }
    }
}
