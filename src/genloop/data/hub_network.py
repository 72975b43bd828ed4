"""Whether the Hub can be reached at all, so that a machine without a network is told within seconds."""

import os
import socket
from contextlib import suppress
from threading import Thread
from urllib.parse import urlsplit
from urllib.request import getproxies

PATIENCE_SECONDS = 3.0
PLACE = "https://huggingface.co"
OFFLINE = "HF_HUB_OFFLINE"  # read by `datasets` and `huggingface_hub` when they are imported


def look_for_hub() -> None:
    """Let the Hub's libraries, once imported, use only what they have kept if the Hub does not answer."""
    if OFFLINE not in os.environ and not is_reachable(os.environ.get("HF_ENDPOINT") or PLACE):
        os.environ[OFFLINE] = "1"


def is_reachable(address: str) -> bool:
    """Whether a server, or the proxy before it, takes a connection in time; a name may take long to be looked up."""
    place = urlsplit(getproxies().get(urlsplit(address).scheme) or address)
    found: list[bool] = []

    def connect() -> None:
        with (
            suppress(OSError, ValueError),
            socket.create_connection(
                (place.hostname or "", place.port or (80 if place.scheme == "http" else 443)), PATIENCE_SECONDS
            ),
        ):
            found.append(True)

    trying = Thread(target=connect, daemon=True)
    trying.start()
    trying.join(PATIENCE_SECONDS)
    return bool(found)
