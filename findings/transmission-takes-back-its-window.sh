#!/usr/bin/env bash
# Transmission offers a window of 3.5 MiB in its answer to ST_SYN, and has taken 13 of 14 parts of it back when it answers the first data.
#
# Package:  Debian 12, transmission-daemon 3.00-2.1+deb12u1, with its own settings for rates and buffers.
# Expected: a receive window may shrink as unread data fills it. Beyond that a receiver does not withdraw what it has offered (RFC 9293 §3.8.6 calls it strongly discouraged).
# Seen:     ST_STATE says 3,670,016; the acknowledgement of the first ST_DATA, 68 bytes long, says 262,144, and so does all that follows.
# Matters:  a sender that fills the first window, or that takes a smaller one for a sign of an old packet, is wrong.
# Ours:     the newest packet's window holds, whether it is larger or smaller, and what is in flight beyond it just waits: src/Utp.Protocol/Sending/PeerWindow.cs,
#           tests/Utp.Protocol.Tests/Sending/PeerWindowTests.cs, What_the_newest_packet_says_counts_also_when_it_takes_back_what_was_offered.
source "$(dirname "$0")/support/packages.bash"
debian transmission-daemon=3.00-2.1+deb12u1

/usr/bin/python3 - "$root" "$work" <<'PYTHON'
import sys
from transmission import HANDSHAKE, transmission
from utp import DATA, Line, verdict

with transmission(*sys.argv[1:]) as port:
    line = Line(("127.0.0.1", port), "127.0.0.11")
    answer = line.connect(1000, 100)
    line.send(DATA, 1001, 101, answer.seq - 1, HANDSHAKE)
    acknowledgement = line.wait(lambda packet: packet.ack == 101)
    speech = line.wait(lambda packet: packet.kind == DATA)

verdict([
    (f"the answer to ST_SYN offers {answer.window} bytes", answer.window == 3_670_016),
    (f"the acknowledgement of 68 bytes offers {acknowledgement.window}", acknowledgement.window == 262_144),
    (f"Transmission's own first data offers {speech.window}", speech.window == 262_144),
])
PYTHON
