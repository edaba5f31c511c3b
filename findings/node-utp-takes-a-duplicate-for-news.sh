#!/usr/bin/env bash
# The npm package utp delivers a packet that came twice once more, 512 packets later, in the place of another.
#
# Package:  npm utp 0.0.10 (pure JavaScript).
# Expected: a datagram that comes twice, as networks may deliver it, is dropped the second time.
# Seen:     a repetition of the packet that was taken last is kept in its slot of a ring of 512. When the stream has come round, it is delivered there, and the packet that belongs there
#           is acknowledged and thrown away. The stream is as long as it should be, and wrong.
# Matters:  a file of more than 512 packets is corrupted without an error wherever one datagram was duplicated, or repeated too early by its sender.
# Ours:     nothing of ours repeats the newest packet of a stream to probe its tail toward such a peer: src/Utp.Protocol/Sending/TailProbe.cs, docs/interop.md;
#           tests/Utp.Interop.Tests, The_npm_utp_delivers_a_duplicate_in_place_of_the_packet_512_later.
source "$(dirname "$0")/support/packages.bash"
need python3
node_packages utp@0.0.10

python3 - <<'PYTHON'
import subprocess
from utp import DATA, Line, free_port, verdict

FIRST, DUPLICATED, PACKETS = 101, 5, 600
port = free_port()
server = subprocess.Popen(
    ["node", "-e", "const s = require('utp').createServer(c => c.on('data', d => process.stdout.write(d)));"
     "s.listen(Number(process.argv[1]), () => console.log('listening'))", str(port)],
    stdout=subprocess.PIPE)
try:
    server.stdout.readline()
    line = Line(("127.0.0.1", port))
    answer = line.connect(1000, FIRST - 1)
    for i in range(PACKETS):
        for _ in range(2 if i == DUPLICATED else 1):
            line.send(DATA, 1001, FIRST + i, answer.seq - 1, b"%04d" % i)
        line.wait(lambda packet: packet.ack >= FIRST + i)
    heard = server.stdout.read(4 * PACKETS).decode()
finally:
    server.kill()
    server.wait()

numbers = [int(heard[at:at + 4]) for at in range(0, len(heard), 4)]
wrong = [(place, number) for place, number in enumerate(numbers) if place != number]
verdict([
    (f"{PACKETS} packets of 4 bytes were acknowledged one by one, and as many bytes delivered", len(heard) == 4 * PACKETS),
    (f"packet {DUPLICATED} came twice; in the place of packet {DUPLICATED + 512} stands: {wrong}", wrong == [(DUPLICATED + 512, DUPLICATED)]),
])
PYTHON
