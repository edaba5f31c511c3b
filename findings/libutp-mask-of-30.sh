#!/usr/bin/env bash
# libutp's selective acknowledgement has 32 bits and says "missing" of two packets that have arrived.
#
# Package:  npm utp-native 2.5.3 (libutp, the reference implementation, prebuilt).
# Expected: a bit that is clear within the length of the extension is a packet that has not arrived: BEP 29 has no other meaning for it. And a mask that covers what the receiver
#           keeps, up to 1,023 packets.
# Seen:     the mask is always 4 bytes long, and only 30 of its bits are ever set. The two packets behind them have arrived, are kept, and are denied. When the gap is filled,
#           they are acknowledged without having been sent again.
# Matters:  a sender that counts clear bits as losses sends two packets for nothing in each window with a loss, and halves its window for them.
# Ours:     the last two bits of a mask count as unknown when they are clear: src/Utp.Protocol/Sending/AckReader.cs, tests/Utp.Protocol.Tests/Connection/ShortMaskTests.cs,
#           Three_acks_with_an_empty_mask_show_the_loss_of_all_that_the_mask_denies (31 of 60).
source "$(dirname "$0")/support/packages.bash"
need python3
node_packages utp-native@2.5.3

python3 - <<'PYTHON'
import subprocess
from utp import DATA, Line, verdict

server = subprocess.Popen(
    ["node", "-e", "const s = require('utp-native').createServer(c => c.on('error', () => {}));"
     "s.listen(0, '127.0.0.1', () => console.log(s.address().port))"], stdout=subprocess.PIPE, text=True)
try:
    line = Line(("127.0.0.1", int(server.stdout.readline())))
    answer = line.connect(1000, 100)

    def send(seq):
        line.send(DATA, 1001, seq, answer.seq - 1, b"x")

    send(101)
    line.wait(lambda packet: packet.ack == 101)

    # 102 is missing: bit n of the mask is 103 + n (BEP 29: ack_nr + 2 is bit 0).
    masks = {}
    for bit in (*range(28), 28, 29, 30, 31, 32):
        send(103 + bit)
        masks[bit] = line.wait(lambda packet: packet.sack is not None).sack
    for bit in (28, 29, 30, 31, 32):
        print(f"after the packet of bit {bit}: {masks[bit].hex(' ')}")
    send(102)
    filled = line.wait(lambda packet: packet.ack > 102)
    print(f"after the missing one: {filled}")
finally:
    server.kill()
    server.wait()

verdict([
    ("the mask is 4 bytes long, also when the newest packet lies beyond", all(len(mask) == 4 for mask in masks.values())),
    ("bits 0 to 29 are set as their packets arrive", masks[29].hex() == "ffffff3f"),
    ("bits 30 and 31 stay clear although their packets have arrived", masks[32].hex() == "ffffff3f"),
    ("both were kept: the missing packet alone acknowledges all 34", filled.ack == 103 + 32),
])
PYTHON
