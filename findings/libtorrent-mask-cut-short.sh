#!/usr/bin/env bash
# After a burst of losses libtorrent's selective acknowledgement shows nothing of what has arrived.
#
# Package:  Debian 12, python3-libtorrent and libtorrent-rasterbar2.0 2.0.8-1+b1.
# Expected: the mask reaches to the newest packet that has arrived, in a multiple of 4 bytes (BEP 29).
# Seen:     its bits count from ack_nr + 2, but its length is that of the span from the first to the last packet that has arrived. So it is too short by the length of the gap: when 20
#           packets are lost and the next 8 arrive, the mask is one byte, and all of it is zero. The length is no multiple of 4 either.
# Matters:  a sender that waits for bits to find its losses finds none after a burst. It has only the repeated ack_nr, and must not take what the mask does not reach for lost.
# Ours:     a mask of any length is read. Three acknowledgements with the same ack_nr show the loss of what it denies; what lies beyond is unknown until it is shown, and then proves
#           the order all the same (src/Utp.Protocol/Sending/MaskHorizon.cs, AckReader.cs;
#           tests/Utp.Protocol.Tests/Connection/ShortMaskTests.cs,
#           A_burst_of_losses_that_the_mask_of_libtorrent_does_not_reach_over_is_repaired_without_a_timeout).
source "$(dirname "$0")/support/packages.bash"
debian python3-libtorrent=2.0.8-1+b1 libtorrent-rasterbar2.0=2.0.8-1+b1

/usr/bin/python3 - "$work" <<'PYTHON'
import sys
import libtorrent
from seed import seed
from utp import DATA, Line, verdict

session, port, handle = seed(sys.argv[1])
print(f"libtorrent {libtorrent.__version__}")


def masks(connection, *arrive):
    """What libtorrent, which waits for 101, says after each of these packets. Bit 0 is 102."""
    line = Line(("127.0.0.1", port))
    answer = line.connect(connection, 100)
    said = []
    for seq in arrive:
        line.send(DATA, connection + 1, seq, answer.seq - 1, b"x")
        said.append(line.wait(lambda packet: packet.sack is not None).sack)
    print(f"101 is missing, {arrive[0]} to {arrive[-1]} arrive: {' | '.join(mask.hex(' ') for mask in said)}")
    return said


one_lost = masks(1000, *range(102, 111))
burst_lost = masks(2000, *range(121, 129))
two_lost = masks(3000, *range(103, 112))

verdict([
    ("one loss: the mask grows with what arrives, by single bytes", [m.hex() for m in one_lost[-2:]] == ["ff", "ff01"]),
    ("20 losses, 8 arrivals: each of the 8 masks is one byte of zero", burst_lost == [bytes(1)] * 8),
    ("two losses: the eighth arrival, bit 8, is not in the mask of one byte that answers it", two_lost[7].hex() == "fe"),
    ("the ninth brings a second byte, and both are shown", two_lost[8].hex() == "fe03"),
])
PYTHON
