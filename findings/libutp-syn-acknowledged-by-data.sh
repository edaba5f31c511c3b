#!/usr/bin/env bash
# When data overtakes the answer to libutp's ST_SYN, libutp stops asking and never connects.
#
# Package:  npm utp-native 2.5.3 (libutp, the reference implementation, prebuilt).
# Expected: an initiator either takes any packet that acknowledges its ST_SYN for the answer, or repeats the ST_SYN until a ST_STATE comes.
# Seen:     libutp does neither. It takes the ack_nr of a ST_DATA for the acknowledgement of its ST_SYN, so that the ST_SYN is not repeated, drops the data, and waits for a ST_STATE that
#           it does not ask for. When nothing at all comes, it repeats the ST_SYN after 3 s.
# Matters:  an acceptor that speaks first, whose ST_STATE is lost or overtaken, has a peer that hangs in its connect. The data that is repeated does not help.
# Ours:     until a foreign initiator was heard, only our ST_STATE acknowledges its ST_SYN; early data carries the ack_nr before it: src/Utp.Protocol/Connection/Handshake.cs
#           (HidesAckOfSyn), docs/notes/0004-the-handshake.md; tests/Utp.Interop.Tests, Our_acceptor_speaks_first_to_a_silent_initiator, also with the answer lost.
source "$(dirname "$0")/support/packages.bash"
need python3
node_packages utp-native@2.5.3

python3 - <<'PYTHON'
import subprocess
import time
from utp import DATA, NAMES, STATE, SYN, Line, Packet, verdict

CLIENT = ("const c = require('utp-native').connect(Number(process.argv[1]), '127.0.0.1');"
          "c.on('error', () => {}).on('data', () => {}).on('connect', () => console.log('connected')); c.write('x')")
clients = []


def ask():
    """A libutp client, and the acceptor that has heard its ST_SYN."""
    line = Line(None)
    clients.append(subprocess.Popen(["node", "-e", CLIENT, str(line.port)], stdout=subprocess.PIPE, text=True))
    datagram, line.to = line.datagram(20)
    return line, Packet(datagram), time.monotonic()


def repeats(line, since):
    """The ST_SYNs that come within 8 s after the first: more than twice the time to the first repetition."""
    count = 0
    while (left := since + 8 - time.monotonic()) > 0 and (got := line.datagram(left)):
        count += Packet(got[0]).kind == SYN
    return count


try:
    spoken, first, since = ask()
    silent, _, since_silent = ask()
    spoken.send(DATA, first.connection, 5000, first.seq, b"welcome")
    after_data = repeats(spoken, since)
    after_nothing = repeats(silent, since_silent)

    # The ST_STATE that comes at last is taken, so nothing else was wrong.
    spoken.send(STATE, first.connection, 5000, first.seq)
    connected = spoken.wait(lambda packet: packet.kind == DATA)
    print(f"ST_SYNs repeated within 8 s: {after_nothing} after silence, {after_data} after {NAMES[DATA]}")
finally:
    for client in clients:
        client.kill()
        client.wait()
verdict([
    ("without any answer the ST_SYN comes again", after_nothing >= 1),
    ("after a ST_DATA that acknowledges it, it does not", after_data == 0),
    (f"a ST_STATE connects it even then: {connected}", connected.payload == b"x"),
])
PYTHON
