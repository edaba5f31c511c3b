#!/usr/bin/env bash
# libtorrent answers a packet of a connection that it does not know with nothing.
#
# Packages: Debian 12, python3-libtorrent and libtorrent-rasterbar2.0 2.0.8-1+b1; npm utp-native 2.5.3 (libutp), to compare.
# Expected: as TCP does, and libutp: a ST_RESET, so that the other end learns at once that the connection is gone.
# Seen:     ST_DATA, ST_STATE and ST_FIN for an unknown connection_id get no answer from libtorrent. libutp resets each.
# Matters:  after a restart of libtorrent on its port (qBittorrent, Deluge) a peer that has something to say repeats it until it gives up, and one that listens waits for its idle
#           time-out. No ICMP error helps, because the port is open.
# Ours:     max-timeouts and idle-timeout end such a connection, and every keep-alive after the second without a word asks for an answer:
#           src/Utp.Protocol/Connection/Liveness.cs; tests/Utp.Protocol.Tests/Connection/LossTests.cs, Too_many_timeouts_end_the_connection_with_their_reason;
#           IdleTests.cs, A_peer_that_vanished_is_gone_after_five_minutes_by_default.
source "$(dirname "$0")/support/packages.bash"
debian python3-libtorrent=2.0.8-1+b1 libtorrent-rasterbar2.0=2.0.8-1+b1
node_packages utp-native@2.5.3

/usr/bin/python3 - "$work" <<'PYTHON'
import subprocess
import sys
from seed import seed
from utp import DATA, FIN, NAMES, RESET, STATE, Line, verdict

session, libtorrent_port, handle = seed(sys.argv[1])
server = subprocess.Popen(
    ["node", "-e", "const s = require('utp-native').createServer(c => c.on('error', () => {}));"
     "s.listen(0, '127.0.0.1', () => console.log(s.address().port))"], stdout=subprocess.PIPE, text=True)


def answers(port):
    """For each kind of packet of an unknown connection, the kinds that come back."""
    said = {}
    for kind in (DATA, FIN, STATE):
        line = Line(("127.0.0.1", port))
        line.send(kind, 777, 500, 600, b"x" if kind == DATA else b"")
        said[NAMES[kind]] = [NAMES[packet.kind] for packet in line.packets(1)]
    print(f"port {port}: {said}")
    return said


try:
    libutp_port = int(server.stdout.readline())
    Line(("127.0.0.1", libtorrent_port)).connect(1000, 100)
    libtorrent, libutp = answers(libtorrent_port), answers(libutp_port)
finally:
    server.kill()
    server.wait()
verdict([
    ("libtorrent, which answers a ST_SYN, says nothing to any of them", all(not said for said in libtorrent.values())),
    ("libutp resets each of them", all(said == [NAMES[RESET]] for said in libutp.values())),
])
PYTHON
