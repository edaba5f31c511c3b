#!/usr/bin/env bash
# libtorrent opens a second connection for a repeated ST_SYN, with the same ids. Which of the two hears a packet depends on what else it was doing.
#
# Package:  Debian 12, python3-libtorrent and libtorrent-rasterbar2.0 2.0.8-1+b1.
# Expected: the same ST_SYN again (same address, connection_id and seq_nr) is a retransmission, as in TCP: the same answer again, and one connection.
# Seen:     each repetition gets an answer with a seq_nr of its own. What follows is given to the second connection, and its first answer is void; but as soon as another peer was
#           served in between, it is given to the first one, and the second answer is void. A packet that acknowledges the void answer is dropped in silence.
# Matters:  where the round trip is longer than the initiator's first time-out, the ST_SYN has left twice before the first answer is there. The initiator connects by that answer,
#           and libtorrent may ignore all that it sends. "The connection opens and then nothing moves."
# Ours:     where both answers come, each time-out in which nothing was acknowledged takes the other one for the beginning of the peer's sequence, until one is heard:
#           src/Utp.Protocol/Connection/Handshake.cs (OnAnsweredAgain), tests/Utp.Protocol.Tests/Connection/RepeatedAnswerTests.cs. Where the first answer was lost and others are served
#           in between it is not met: such a connection ends with TooManyRetransmissions (docs/interop.md).
source "$(dirname "$0")/support/packages.bash"
debian python3-libtorrent=2.0.8-1+b1 libtorrent-rasterbar2.0=2.0.8-1+b1

/usr/bin/python3 - "$work" <<'PYTHON'
import sys
import libtorrent
from seed import handshake, seed
from utp import DATA, SYN, Line, verdict

session, port, handle = seed(sys.argv[1])
print(f"libtorrent {libtorrent.__version__}")


def twice(connection):
    line = Line(("127.0.0.1", port))
    first = line.connect(connection, 100)
    line.send(SYN, connection, 100, 0)
    second = line.wait(lambda packet: packet.ack == 100)
    print(f"one ST_SYN, two answers: {first}; {second}")
    return line, first.seq, second.seq


def answer(line, connection, seq):
    line.send(DATA, connection + 1, 101, seq - 1, handshake(handle))
    heard = line.packets(1.5)
    return heard[0] if heard else None


alone, first, second = twice(1000)
void, taken = answer(alone, 1000, first), answer(alone, 1000, second)

busy, third, fourth = twice(2000)
Line(("127.0.0.1", port)).connect(3000, 100)
busy_void, busy_taken = answer(busy, 2000, fourth), answer(busy, 2000, third)

verdict([
    ("the repeated ST_SYN gets another seq_nr", first != second and third != fourth),
    ("nothing in between: data that acknowledges the first answer is dropped in silence", void is None),
    (f"nothing in between: the second answer is the valid one: {taken}", taken is not None and taken.ack == 101),
    ("another peer in between: data that acknowledges the second answer is dropped in silence", busy_void is None),
    (f"another peer in between: the first answer is the valid one: {busy_taken}", busy_taken is not None and busy_taken.ack == 101),
])
PYTHON
