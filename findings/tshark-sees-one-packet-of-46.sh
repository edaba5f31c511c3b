#!/usr/bin/env bash
# A capture on loopback shows 46 uTP packets that leave by one segmented send as one packet.
#
# Package:  Debian 12, tshark 4.0.17-0+deb12u3; any Linux from 4.18 on.
# Expected: the receiver reads 46 datagrams of 1,200 bytes, so a capture shows 46 uTP packets.
# Seen:     with UDP_SEGMENT (generic segmentation offload) the kernel cuts the buffer behind the point of capture, and on loopback and veth not at all before the receiving socket.
#           tshark shows one datagram of 55,200 bytes with the header of the first packet; the 45 headers behind it are "payload". Nothing in the output says so.
# Matters:  counts of packets, sequence numbers, loss and window in a capture are wrong by a factor of 46, and the analysis reports gaps in a stream that was whole.
# Ours:     the batched channel sends so wherever the kernel can. utp.channel = socket sends one datagram per call, for a capture that shows each (docs/interop.md, "Captures";
#           docs/configuration.md).
source "$(dirname "$0")/support/packages.bash"
debian tshark=4.0.17-0+deb12u3 wireshark-common=4.0.17-0+deb12u3 libwireshark16=4.0.17-0+deb12u3 libwireshark-data=4.0.17-0+deb12u3 libwiretap13=4.0.17-0+deb12u3 libwsutil14=4.0.17-0+deb12u3
need python3
export HOME="$work" WIRESHARK_DATA_DIR="$root/usr/share/wireshark"

python3 - "$root/usr/bin/tshark" "$work" <<'PYTHON'
import socket
import subprocess
import sys
import threading
from utp import DATA, STATE, build, verdict

SOL_UDP, UDP_SEGMENT = 17, 103
COUNT, SIZE = 46, 1200
tshark, folder = sys.argv[1:]
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
receiver.bind(("127.0.0.1", 0))
receiver.settimeout(20)
to = receiver.getsockname()
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
packets = [build(DATA, 1000, 100 + i, 1, bytes(SIZE - 20)) for i in range(COUNT)]
marker = build(STATE, 1000, 100, 1)

capture = subprocess.Popen(
    [tshark, "-i", "lo", "-w", f"{folder}/seen.pcap", "-f", f"udp dst port {to[1]}"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
try:
    # It says that it captures before it does: markers until one was seen, then the burst, then markers until one was seen behind it.
    for line in capture.stderr:
        if "Capturing on" in line:
            break
    threading.Thread(target=capture.stderr.read, daemon=True).start()

    def lengths():
        shown = subprocess.run(
            [tshark, "-r", f"{folder}/seen.pcap", "-d", f"udp.port=={to[1]},bt-utp", "-Y", "bt-utp", "-T", "fields", "-e", "udp.length"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        return [int(length) - 8 for length in shown.stdout.split()]

    def mark(enough):
        for _ in range(60):
            sender.sendto(marker, to)
            receiver.recv(70000)
            if enough(lengths()):
                return
        raise SystemExit("tshark captures nothing on loopback: it needs root, or its capability to capture.")

    mark(lambda seen: len(seen) > 0)
    sender.setsockopt(SOL_UDP, UDP_SEGMENT, SIZE)
    sender.sendto(b"".join(packets), to)
    sender.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
    read = [receiver.recv(70000) for _ in range(COUNT)]
    mark(lambda seen: max(seen) > len(marker) and seen[-1] == len(marker))
finally:
    capture.terminate()
    capture.wait()

burst = [length for length in lengths() if length > len(marker)]
verdict([
    (f"the receiver reads {COUNT} datagrams of {SIZE} bytes, each a uTP packet", read == packets),
    (f"tshark shows for them uTP datagrams of these lengths: {burst}", burst == [COUNT * SIZE]),
])
PYTHON
