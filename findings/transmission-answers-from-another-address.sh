#!/usr/bin/env bash
# Transmission answers a uTP connection from another address than the one that was asked.
#
# Package:  Debian 12, transmission-daemon 3.00-2.1+deb12u1, bound to all addresses as it is by default.
# Expected: a connection has two ends; as with TCP, the answer comes from the address that was asked.
# Seen:     asked at 127.0.0.2, it answers from 127.0.0.1: its UDP socket is bound to all addresses, and the route chooses the source. libtorrent binds each address by itself and
#           answers from the one that was asked.
# Matters:  a Transmission on a host with several addresses, or behind a port that is forwarded to its second one, cannot be reached by uTP: the initiator must not take an
#           answer from a stranger. TCP to the same address works, which looks like a broken uTP.
# Ours:     an answer from another address belongs to no connection, and the connect times out (src/Utp.Protocol/Endpoint/DatagramRouter.cs;
#           tests/Utp.Protocol.Tests/Endpoint/DatagramRouterTests.cs, The_same_id_from_another_port_address_or_to_another_of_our_addresses_is_another_connection). Our own
#           listener answers from the address that was asked (tests/Utp.Sockets.Tests/DatagramChannelContract.cs, The_answer_comes_from_the_address_that_was_asked).
source "$(dirname "$0")/support/packages.bash"
debian transmission-daemon=3.00-2.1+deb12u1 python3-libtorrent=2.0.8-1+b1 libtorrent-rasterbar2.0=2.0.8-1+b1

/usr/bin/python3 - "$root" "$work" <<'PYTHON'
import sys
from seed import seed
from transmission import transmission
from utp import SYN, Line, Packet, free_port, verdict


def source(asked, port):
    """The address from which a ST_SYN to this one is answered."""
    line = Line((asked, port))
    for _ in range(20):
        line.send(SYN, 1000, 100, 0)
        if got := line.datagram(1.0):
            print(f"{asked} was asked, {got[1][0]} answers: {Packet(got[0])}")
            return got[1][0]
    return None


with transmission(*sys.argv[1:]) as port:
    first, second = source("127.0.0.1", port), source("127.0.0.2", port)
port = free_port()
session, _, handle = seed(sys.argv[2], listen_interfaces=f"127.0.0.1:{port},127.0.0.2:{port}")
other = source("127.0.0.2", port)
verdict([
    ("Transmission answers for its first address", first == "127.0.0.1"),
    ("Transmission answers for its second address from its first", second == "127.0.0.1"),
    ("libtorrent answers from the address that was asked", other == "127.0.0.2"),
])
PYTHON
