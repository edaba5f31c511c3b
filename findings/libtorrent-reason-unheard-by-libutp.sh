#!/usr/bin/env bash
# libtorrent closes a connection with a ST_FIN that libutp does not take for uTP: the two most common implementations cannot say good-bye to each other.
#
# Packages: Debian 12, python3-libtorrent and libtorrent-rasterbar2.0 2.0.8-1+b1; npm utp-native 2.5.3 (libutp).
# Expected: an unknown extension is skipped, as BEP 29 asks, so a ST_FIN that carries one ends the stream.
# Seen:     libtorrent puts its close reason (extension 3, four bytes) first in the chain. libutp drops a packet whose first extension it does not know, in silence: it neither
#           acknowledges that ST_FIN nor ends the stream. The same ST_FIN with extension 3 behind a selective acknowledgement ends it at once.
# Matters:  a peer that libtorrent has turned away for a reason stays open in a libutp program until libutp's own time-outs; and whoever adds an extension of number 3 or above to
#           uTP is not heard by libutp unless extension 1 goes before it.
# Ours:     extensions from 3 on are read in any place, and sent behind extension 1 only: src/Utp.Protocol/Sending/PacketWriter.cs,
#           tests/Utp.Protocol.Tests/Sending/PacketWriterTests.cs, The_reset_names_the_last_number_we_know_of_and_the_reason_stands_behind_a_selective_ack.
source "$(dirname "$0")/support/packages.bash"
debian python3-libtorrent=2.0.8-1+b1 libtorrent-rasterbar2.0=2.0.8-1+b1
node_packages utp-native@2.5.3

cat >"$work/client.js" <<'NODE'
const [port, hello] = process.argv.slice(2)
const c = require('utp-native').connect(+port, '127.0.0.1')
c.on('error', () => {}).on('data', () => {}).on('end', () => console.log('end'))
c.write(Buffer.from(hello, 'hex'))
NODE

/usr/bin/python3 - "$work" <<'PYTHON'
import subprocess
import sys
import threading
import libtorrent
from seed import handshake, seed
from utp import DATA, FIN, STATE, Line, Packet, verdict

folder = sys.argv[1]
session, port, handle = seed(folder)
print(f"libtorrent {libtorrent.__version__}, utp-native 2.5.3")


class Client:
    """A libutp process that says a BitTorrent handshake for a torrent that nobody has, and prints when the stream ends."""

    def __init__(self, to):
        self.process = subprocess.Popen(["node", f"{folder}/client.js", str(to), handshake().hex()], stdout=subprocess.PIPE, text=True)
        self.ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        if self.process.stdout.readline().strip() == "end":
            self.ended.set()

    def stop(self):
        self.process.kill()
        self.process.wait()


# What libtorrent sends to whoever asks for a torrent that it has not.
line = Line(("127.0.0.1", port))
answer = line.connect(1000, 100)
line.send(DATA, 1001, 101, answer.seq - 1, handshake())
fin = line.wait(lambda packet: packet.kind == FIN)
print(f"libtorrent turns a peer away: {fin}")

# The same to a libutp client: no end.
unheard = Client(port)
not_ended = not unheard.ended.wait(5)
alive = unheard.process.poll() is None
unheard.stop()


def ends(extensions):
    """Whether this ST_FIN ends a libutp client's stream, and whether it acknowledges it."""
    acceptor = Line(None)
    client = Client(acceptor.port)
    datagram, acceptor.to = acceptor.datagram(20)
    syn = Packet(datagram)
    acceptor.send(STATE, syn.connection, 5000, syn.seq)
    acceptor.wait(lambda packet: packet.kind == DATA)
    acceptor.send(FIN, syn.connection, 5000, syn.seq + 1, extensions=extensions)
    acknowledged = any(packet.ack == 5000 for packet in acceptor.packets(1))
    ended = client.ended.wait(1)
    client.stop()
    return ended, acknowledged


reason = (3, fin.extensions[0][1]) if fin.extensions else None
verdict([
    ("libtorrent's ST_FIN carries extension 3 alone, four bytes, code 257 (its 'invalid info-hash')", fin.extensions == [(3, b"\0\0\1\1")]),
    ("a libutp client that libtorrent has turned away hears no end within 5 s", not_ended and alive),
    ("a ST_FIN without an extension ends a libutp client's stream", ends(()) == (True, True)),
    ("with extension 3 alone it is neither acknowledged nor heard", ends((reason,)) == (False, False)),
    ("with extension 3 behind extension 1 it is both", ends(((1, bytes(4)), reason)) == (True, True)),
])
PYTHON
