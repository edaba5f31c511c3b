#!/usr/bin/env bash
# tshark stops to take packets for uTP when their window passes 3.5 MiB, also when it was told that the port speaks uTP.
#
# Package:  Debian 12, tshark 4.0.17-0+deb12u3 with libwireshark16 of the same version.
# Expected: "-d udp.port==P,bt-utp" (Decode As) names the protocol, so each datagram of that port is shown as uTP, as the option does for other protocols.
# Seen:     the dissector refuses a packet whose wnd_size is above 3,670,016 bytes, and it becomes a nameless UDP datagram: one byte more, and the same packet is gone from the filter
#           "bt-utp". The setting bt-utp.max_window_size moves the limit. It refuses a packet with an unknown extension anywhere in the chain as well, and for that there is no setting.
# Matters:  a capture of a fast transfer has holes exactly where the receiver opened its window; what remains looks like loss. Extensions beyond 2 hide a connection entirely.
# Ours:     our windows grow to 4 MiB (utp.receive-window.max), and packets between our own peers carry extensions from 4 on. docs/interop.md says how to capture all the same.
source "$(dirname "$0")/support/packages.bash"
debian tshark=4.0.17-0+deb12u3 wireshark-common=4.0.17-0+deb12u3 libwireshark16=4.0.17-0+deb12u3 libwireshark-data=4.0.17-0+deb12u3 libwiretap13=4.0.17-0+deb12u3 libwsutil14=4.0.17-0+deb12u3
need python3
export HOME="$work" WIRESHARK_DATA_DIR="$root/usr/share/wireshark"

python3 - "$work/capture.pcap" <<'PYTHON'
import struct
import sys
from utp import STATE, build

PORT = 6881
LIMIT = 3_670_016
packets = [
    build(STATE, 1, 1, 1, window=LIMIT),
    build(STATE, 1, 1, 1, window=LIMIT + 1),
    build(STATE, 1, 1, 1, extensions=((2, bytes(8)),)),
    build(STATE, 1, 1, 1, extensions=((1, bytes(4)),)),
    build(STATE, 1, 1, 1, extensions=((1, bytes(4)), (3, bytes(4)))),
]
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    for packet in packets:
        datagram = struct.pack(">HHHH", PORT, PORT, 8 + len(packet), 0) + packet
        frame = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, bytes((127, 0, 0, 1)), bytes((127, 0, 0, 1))) + datagram
        file.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)
PYTHON

# shown OPTION…: the numbers of the packets that tshark takes for uTP.
shown() {
  "$root/usr/bin/tshark" -r "$work/capture.pcap" -d udp.port==6881,bt-utp "$@" -Y bt-utp -T fields -e frame.number 2>/dev/null | tr '\n' ' '
}

"$root/usr/bin/tshark" --version 2>/dev/null | head -n 1
usual="$(shown)"
wide="$(shown -o bt-utp.max_window_size:0xffffffff)"
echo "1: window 3,670,016  2: one byte more  3: extension 2  4: extension 1  5: extensions 1 and 3"
echo "taken for uTP: $usual; with bt-utp.max_window_size:0xffffffff: $wide"
[ "$usual" = "1 3 4 " ] && [ "$wide" = "1 2 3 4 " ] || { echo "CHANGED"; exit 1; }
echo "seen:    packet 2 is taken only with a larger bt-utp.max_window_size, packet 5 never"
