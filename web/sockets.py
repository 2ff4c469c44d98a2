"""What the system does by itself about clients that take no answer."""

import os
import socket
from contextlib import suppress
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd")  # Linux; elsewhere a proxy in front has to do it
USER_TIMEOUT = getattr(socket, "TCP_USER_TIMEOUT", None)


def cut_off_after(milliseconds: int) -> None:
    """From now on, a connection that is accepted by this process ends when what was sent on it is not taken for so long.

    The server makes its listening socket by itself and has no option for this one; connections inherit it.
    """
    if USER_TIMEOUT is None or not OPEN_FILES.exists():
        return
    for it in list(OPEN_FILES.iterdir()):
        with suppress(OSError), socket.socket(fileno=os.dup(int(it.name))) as found:
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                found.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, milliseconds)
