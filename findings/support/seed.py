"""A libtorrent session that seeds one small file over uTP alone, on loopback."""

import os
import time

import libtorrent

from utp import free_port

CONTENT = bytes(range(256)) * 256


def seed(folder, **settings):
    """The session, its port and the torrent's handle; the torrent is complete."""
    with open(os.path.join(folder, "content"), "wb") as file:
        file.write(CONTENT)
    files = libtorrent.file_storage()
    libtorrent.add_files(files, os.path.join(folder, "content"))
    creator = libtorrent.create_torrent(files)
    libtorrent.set_piece_hashes(creator, folder)
    info = libtorrent.torrent_info(creator.generate())
    port = free_port()
    session = libtorrent.session({
        "listen_interfaces": f"127.0.0.1:{port}",
        "enable_incoming_tcp": False, "enable_outgoing_tcp": False,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "in_enc_policy": 2, "out_enc_policy": 2,
        "allow_multiple_connections_per_ip": True,
        **settings,
    })
    handle = session.add_torrent({"ti": info, "save_path": folder})
    end = time.monotonic() + 20
    while not handle.status().is_seeding:
        if time.monotonic() > end:
            raise SystemExit("libtorrent did not check the file.")
        time.sleep(0.02)
    return session, port, handle


def handshake(handle=None):
    """BitTorrent's first 68 bytes; for a torrent that nobody has without a handle."""
    info_hash = handle.info_hash().to_bytes() if handle else bytes(20)
    return b"\x13BitTorrent protocol" + bytes(8) + info_hash + b"-XX0001-000000000000"
