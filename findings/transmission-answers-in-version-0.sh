#!/usr/bin/env bash
# Transmission answers a uTP packet whose first extension it does not know with a reset of a protocol from before BEP 29.
#
# Package:  Debian 12, transmission-daemon 3.00-2.1+deb12u1 (with a libutp of its own, older than npm's utp-native).
# Expected: an unknown extension is skipped (BEP 29), or the packet is dropped.
# Seen:     a packet whose first extension is 3 or above is read as version 0 of the protocol, which had another header, and is of no connection there. The answer is a reset of 23
#           bytes in that header. Read by BEP 29 it is a ST_DATA with our own connection_id and a chain of extensions that ends too early.
# Matters:  libtorrent's ST_FIN with a close reason is such a packet. Whoever reads the answer as version 1 without checking the chain takes 23 bytes of header for a packet.
# Ours:     extensions from 3 on are sent behind extension 1 only (src/Utp.Protocol/Sending/PacketWriter.cs); a chain that runs past the end of the datagram makes it malformed, counted and
#           dropped (src/Utp.Protocol/Wire/ParsedPacket.cs; tests/Utp.Protocol.Tests/Wire/ParsedPacketTests.cs, A_reset_of_version_0_that_answers_a_packet_of_ours_is_malformed).
source "$(dirname "$0")/support/packages.bash"
debian transmission-daemon=3.00-2.1+deb12u1

/usr/bin/python3 - "$root" "$work" <<'PYTHON'
import struct
import sys
from transmission import HANDSHAKE, transmission
from utp import DATA, Line, verdict

with transmission(*sys.argv[1:]) as port:

    def ask(host, extensions):
        """The BitTorrent handshake with these extensions; the first datagram that comes back."""
        line = Line(("127.0.0.1", port), host)
        answer = line.connect(0x1388, 100)
        line.send(DATA, 0x1389, 101, answer.seq - 1, HANDSHAKE, extensions=extensions)
        got = line.datagram(5)
        print(f"first extension {extensions[0][0]}: {got[0].hex(' ') if got else 'nothing'}")
        return got[0] if got else b""

    known = ask("127.0.0.11", ((1, bytes(4)), (3, bytes(4))))
    answers = [ask("127.0.0.12", ((3, bytes(4)),)), ask("127.0.0.13", ((9, b"xy"),))]

# Version 0: connection id of 4 bytes, three stamps, window, extension, flags, seq_nr, ack_nr.
resets = [struct.unpack(">IIIIBBBHH", answer) for answer in answers if len(answer) == 23]
verdict([
    ("behind extension 1 they are skipped: the data is acknowledged", len(known) >= 20 and known[18:20] == bytes((0, 101))),
    ("in first place they get 23 bytes each, flags 3 (version 0's ST_RESET)", [reset[6] for reset in resets] == [3, 3]),
    ("whose 'connection id' is the first four bytes of our packet", [reset[0] for reset in resets] == [0x01031389, 0x01091389]),
])
PYTHON
