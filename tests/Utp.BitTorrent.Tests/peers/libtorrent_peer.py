"""libtorrent as a process of its own, over uTP alone: told what to do by JSON lines, tells what happens the same way. Ends with its standard input."""
import json
import select
import sys
import time

import libtorrent as lt

NAMES_OF_ENCRYPTION = {"forced": 0, "enabled": 1, "disabled": 2}


def tell(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


def session(encryption, interface):
    level = NAMES_OF_ENCRYPTION[encryption]
    return lt.session({
        "listen_interfaces": interface,
        "enable_incoming_tcp": False, "enable_outgoing_tcp": False,
        "enable_incoming_utp": True, "enable_outgoing_utp": True,
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "in_enc_policy": level, "out_enc_policy": level,
        "allow_multiple_connections_per_ip": True,
        "alert_mask": lt.alert.category_t.status_notification | lt.alert.category_t.error_notification | lt.alert.category_t.peer_notification
        | lt.alert.category_t.connect_notification | lt.alert.category_t.storage_notification,
    })


def add(ses, command):
    if "magnet" in command:
        params = lt.parse_magnet_uri(command["magnet"])
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(command["torrent"])
    params.save_path = command["folder"]
    if command.get("seed"):
        params.flags |= lt.torrent_flags.seed_mode
    params.flags &= ~lt.torrent_flags.auto_managed
    params.flags &= ~lt.torrent_flags.paused
    handle = ses.add_torrent(params)
    for host, port in command.get("peers", []):
        handle.connect_peer((host, port))
    return handle


def create(command):
    files = lt.file_storage()
    lt.add_files(files, command["path"])
    flags = {"1": lt.create_torrent.v1_only, "2": lt.create_torrent.v2_only, "hybrid": 0}[command["version"]]
    torrent = lt.create_torrent(files, command.get("piece", 0), flags)
    lt.set_piece_hashes(torrent, command["base"])
    with open(command["torrent"], "wb") as output:
        output.write(lt.bencode(torrent.generate()))
    tell("created", hash=str(lt.torrent_info(command["torrent"]).info_hash()))


def main():
    ses = session(sys.argv[1] if len(sys.argv) > 1 else "disabled", sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1:0")
    handle = None
    seconds = None
    told = False
    started = time.monotonic()
    tell("listening", port=ses.listen_port(), version=lt.version)
    while True:
        ready, _, _ = select.select([sys.stdin], [], [], 0.02)
        if ready:
            line = sys.stdin.readline()
            if not line:
                return
            command = json.loads(line)
            if command["do"] == "add":
                started = time.monotonic()
                handle = add(ses, command)
                tell("added")
            elif command["do"] == "connect":
                handle.connect_peer((command["host"], command["port"]))
            elif command["do"] == "peers":
                tell("peers", peers=[{"host": peer.ip[0], "port": peer.ip[1], "pex": bool(peer.source & lt.peer_info.pex)} for peer in handle.get_peer_info()
                                     if not peer.flags & (lt.peer_info.handshake | lt.peer_info.connecting)])
            elif command["do"] == "create":
                create(command)
        for alert in ses.pop_alerts():
            tell("alert", kind=type(alert).__name__, text=alert.message())
            if seconds is not None and not told and type(alert).__name__ == "cache_flushed_alert":
                told = True
                tell("finished", seconds=seconds, bytes=handle.status().total_payload_download)
        if handle is not None and seconds is None and handle.status().is_seeding:
            # All pieces are verified; its disk threads may not have written, or even made, the last files.
            seconds = time.monotonic() - started
            handle.flush_cache()


main()
