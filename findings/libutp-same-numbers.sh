#!/usr/bin/env bash
# The first connection of every libutp process has the same connection_id and the same seq_nr.
#
# Package:  npm utp-native 2.5.3 (libutp, the reference implementation, prebuilt).
# Expected: both numbers are random, as TCP's initial sequence number is, so that a program that comes back on its port is told from its former life.
# Seen:     libutp draws them from the C library's generator and never seeds it: three processes send the same ST_SYN but for its timestamp. A program that was killed and begins again
#           on the same port, as BitTorrent clients do, repeats the ST_SYN of its former life. An acceptor that still has that connection takes it for a duplicate; libutp itself
#           drops it in silence, so the new life cannot connect, while another port can.
# Matters:  whoever answers such a ST_SYN as at first would acknowledge the new life's bytes as old ones, and lose them.
# Ours:     a ST_SYN again is answered with the ack_nr that we have come to, which libutp in its new life does not take, so it times out instead of losing data
#           (src/Utp.Protocol/Connection/Outbound.cs, WriteAnswer; tests/Utp.Protocol.Tests/Connection/HandshakeTests.cs,
#           A_peer_that_begins_again_with_the_same_numbers_is_not_told_that_it_begins). It connects when idle-timeout has ended the old connection. Our own numbers are of a
#           cryptographic source.
source "$(dirname "$0")/support/packages.bash"
need python3
node_packages utp-native@2.5.3

cat >"$work/server.js" <<'NODE'
const server = require('utp-native').createServer(c => { c.on('error', () => {}); c.on('data', d => console.log(`heard ${d}`)) })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
NODE
cat >"$work/client.js" <<'NODE'
const [to, from, text] = process.argv.slice(2)
const socket = require('utp-native')()
socket.bind(+from, '127.0.0.1', () => {
  const c = socket.connect(+to, '127.0.0.1')
  c.on('error', e => console.log(e.code))
  c.on('connect', () => console.log('connected'))
  c.write(text)
})
NODE

python3 - "$work" <<'PYTHON'
import subprocess
import sys
import threading
from utp import NAMES, Line, Packet, free_port, verdict

folder = sys.argv[1]
running = []


def node(script, *arguments):
    process = subprocess.Popen(["node", f"{folder}/{script}", *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    running.append(process)
    return process


def said(process, wanted, seconds):
    """Whether the process prints this line within so many seconds."""
    found = threading.Event()

    def read():
        for line in process.stdout:
            if line.strip() == wanted:
                found.set()
                return

    threading.Thread(target=read, daemon=True).start()
    return found.wait(seconds)


try:
    firsts = []
    for _ in range(3):
        line = Line(None)
        client = node("client.js", line.port, 0, "x")
        packet = Packet(line.datagram(20)[0])
        client.kill()
        print(f"a process begins with {NAMES[packet.kind]} connection_id {packet.connection} seq_nr {packet.seq}")
        firsts.append((packet.connection, packet.seq))

    server = node("server.js")
    to, own = int(server.stdout.readline()), free_port()
    first_life = node("client.js", to, own, "first")
    first = said(first_life, "connected", 20) and said(server, "heard first", 20)
    first_life.kill()
    first_life.wait()
    second = said(node("client.js", to, own, "second"), "connected", 5)
    other = said(node("client.js", to, 0, "other"), "connected", 20)
finally:
    for process in running:
        process.kill()
        process.wait()

verdict([
    ("three processes begin with the same connection_id and seq_nr", len(set(firsts)) == 1),
    ("the first life connects to a libutp server", first),
    ("the second life, on the same port, does not within 5 s", not second),
    ("one on another port does", other),
])
PYTHON
