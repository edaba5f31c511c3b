"""Single uTP packets by hand (BEP 29), to ask a foreign implementation one question at a time."""

import contextlib
import socket
import struct
import sys
import time

DATA, FIN, STATE, RESET, SYN = range(5)
NAMES = ("ST_DATA", "ST_FIN", "ST_STATE", "ST_RESET", "ST_SYN")


def build(kind, connection, seq, ack, payload=b"", extensions=(), window=1 << 20):
    """One packet; extensions are pairs of number and bytes, in the order of the chain."""
    chain = b""
    for i, (_, body) in enumerate(extensions):
        following = extensions[i + 1][0] if i + 1 < len(extensions) else 0
        chain += bytes((following, len(body))) + body
    first = extensions[0][0] if extensions else 0
    stamp = time.monotonic_ns() // 1000 & 0xFFFFFFFF
    numbers = (kind << 4 | 1, first, connection & 0xFFFF, stamp, 0, window, seq & 0xFFFF, ack & 0xFFFF)
    return struct.pack(">BBHIIIHH", *numbers) + chain + payload


class Packet:
    """What a datagram says."""

    def __init__(self, datagram):
        kind, extension, self.connection, self.stamp, self.difference, self.window, self.seq, self.ack = struct.unpack(
            ">BBHIIIHH", datagram[:20])
        self.kind, self.version = kind >> 4, kind & 15
        self.extensions = []
        at = 20
        while extension:
            following, length = datagram[at:at + 2]
            self.extensions.append((extension, datagram[at + 2:at + 2 + length]))
            extension, at = following, at + 2 + length
        self.payload = datagram[at:]

    @property
    def sack(self):
        """The selective acknowledgement, None without one."""
        return dict(self.extensions).get(1)

    def __str__(self):
        text = f"{NAMES[self.kind]} seq_nr {self.seq} ack_nr {self.ack}"
        for number, body in self.extensions:
            text += f" extension {number} [{body.hex(' ')}]"
        return text + (f" {len(self.payload)} bytes" if self.payload else "")


class Line:
    """A UDP socket on loopback that speaks with one address."""

    def __init__(self, to, host="127.0.0.1"):
        self.to = to
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def send(self, *what, **more):
        self.socket.sendto(build(*what, **more), self.to)

    def datagram(self, seconds=10.0):
        """The next datagram and where it came from; None after so many seconds."""
        self.socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError, ConnectionError):
            return self.socket.recvfrom(70000)
        return None

    def packets(self, seconds):
        """What arrives until nothing has come for so many seconds."""
        heard = []
        while got := self.datagram(seconds):
            heard.append(Packet(got[0]))
        return heard

    def wait(self, wanted, seconds=20.0):
        """The first packet for which this holds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and (got := self.datagram(left)):
            packet = Packet(got[0])
            if wanted(packet):
                return packet
        raise SystemExit("CHANGED: no such packet came in time.")

    def connect(self, connection, seq):
        """A ST_SYN and the answer to it; the ST_SYN again where nothing came (the peer may still be starting)."""
        for _ in range(20):
            self.send(SYN, connection, seq, 0)
            if got := self.datagram(1.0):
                return Packet(got[0])
        raise SystemExit("The peer did not answer a ST_SYN.")


def free_port(kind=socket.SOCK_DGRAM):
    """A port that nobody has at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def verdict(seen):
    """Prints what was seen: pairs of a sentence and whether it still holds. Ends the script with 1 if one does not."""
    for sentence, holds in seen:
        print(("seen:    " if holds else "CHANGED: ") + sentence)
    sys.exit(0 if all(holds for _, holds in seen) else 1)
