"""A Transmission daemon that seeds one small file over uTP, on every address of this machine."""

import contextlib
import hashlib
import json
import os
import subprocess
import time

from utp import free_port

CONTENT = bytes(range(256)) * 256


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


INFO = {b"length": len(CONTENT), b"name": b"content", b"piece length": 1 << 16, b"pieces": hashlib.sha1(CONTENT).digest()}
HANDSHAKE = b"\x13BitTorrent protocol" + bytes(8) + hashlib.sha1(bencode(INFO)).digest() + b"-XX0001-000000000000"


@contextlib.contextmanager
def transmission(root, folder):
    """Its port; it has ended afterwards. The torrent is there when this returns."""
    config, files, torrents = (os.path.join(folder, name) for name in ("config", "files", "torrents"))
    for path in (config, files, torrents):
        os.makedirs(path)
    with open(os.path.join(files, "content"), "wb") as file:
        file.write(CONTENT)
    with open(os.path.join(torrents, "content.torrent"), "wb") as file:
        file.write(bencode({b"info": INFO}))
    port = free_port()
    with open(os.path.join(config, "settings.json"), "w", encoding="utf-8") as file:
        json.dump({
            "peer-port": port, "bind-address-ipv4": "0.0.0.0", "utp-enabled": True, "encryption": 0,
            "dht-enabled": False, "lpd-enabled": False, "pex-enabled": False, "port-forwarding-enabled": False,
            "rpc-enabled": False, "download-dir": files, "watch-dir": torrents, "watch-dir-enabled": True,
        }, file)
    log = os.path.join(folder, "log")
    daemon = subprocess.Popen([os.path.join(root, "usr/bin/transmission-daemon"), "-f", "-g", config, "-e", log])
    try:
        end = time.monotonic() + 20
        while not os.path.exists(log) or "Verifying torrent" not in open(log, encoding="utf-8").read():
            if daemon.poll() is not None or time.monotonic() > end:
                raise SystemExit("Transmission did not start.")
            time.sleep(0.05)
        yield port
    finally:
        daemon.kill()
        daemon.wait()
