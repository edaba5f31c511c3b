#!/usr/bin/env bash
# libutp accepts a connection whose connection_id is 65535, and then hears nothing of it.
#
# Packages: npm utp-native 2.5.3 (libutp, the reference implementation, prebuilt); Debian 12, libtorrent-rasterbar2.0 2.0.8-1+b1, to compare.
# Expected: connection_id is 16 bits wide, so the initiator that drew 65535 sends with 65535 + 1 = 0 (BEP 29: conn_id_send = conn_id_recv + 1). libtorrent does that.
# Seen:     libutp answers the ST_SYN and waits for packets with the number 65536, which fits into no header. Every ST_DATA with 0 gets a ST_RESET.
# Matters:  one connection in 65,536 fails after it has been accepted, and looks like a peer that resets.
# Ours:     an initiator never draws 65535: src/Utp.Protocol/Endpoint/InitiatorIds.cs, tests/Utp.Protocol.Tests/Endpoint/InitiatorIdsTests.cs, The_id_that_libutp_cannot_wrap_is_never_picked.
source "$(dirname "$0")/support/packages.bash"
debian python3-libtorrent=2.0.8-1+b1 libtorrent-rasterbar2.0=2.0.8-1+b1
node_packages utp-native@2.5.3

/usr/bin/python3 - "$work" <<'PYTHON'
import subprocess
import sys
from seed import handshake, seed
from utp import DATA, RESET, Line, verdict

session, libtorrent_port, handle = seed(sys.argv[1])
server = subprocess.Popen(
    ["node", "-e", "const s = require('utp-native').createServer(c => c.on('error', () => {}));"
     "s.listen(0, '127.0.0.1', () => console.log(s.address().port))"], stdout=subprocess.PIPE, text=True)


def said(port, connection):
    """What comes after the ST_SYN and after the first ST_DATA of a connection with this id."""
    line = Line(("127.0.0.1", port))
    answer = line.connect(connection, 100)
    line.send(DATA, connection + 1, 101, answer.seq - 1, handshake(handle))
    first = line.wait(lambda packet: packet.ack == 101 or packet.kind == RESET)
    print(f"port {port}, id {connection}: {answer}; {first}")
    return answer.ack == 100, first.kind == RESET


try:
    libutp_port = int(server.stdout.readline())
    seen = [
        ("libutp accepts id 65534 and takes its data", said(libutp_port, 65534) == (True, False)),
        ("libutp accepts id 65535 and resets it when data comes", said(libutp_port, 65535) == (True, True)),
        ("libtorrent accepts id 65535 and takes its data", said(libtorrent_port, 65535) == (True, False)),
    ]
finally:
    server.kill()
    server.wait()
verdict(seen)
PYTHON
