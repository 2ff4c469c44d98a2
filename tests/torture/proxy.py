"""A line between the program and its Redis that can be cut, slowed down, and broken off in the middle of a reply."""

import socket
import threading
import time
from contextlib import suppress

CHUNK = 65_536


class Proxy:
    """Listens on a port of its own and hands everything to `target`; the faults are its attributes."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.delay = 0.0
        self.cut = False
        self.truncate = 0  # that many replies are broken off half-way, and their connections closed
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def drop(self) -> None:
        """Closes every connection."""
        with self._lock:
            connections, self._open = self._open, set()
        for one in connections:
            _close(one)

    def close(self) -> None:
        """The end of the line."""
        self.cut = True
        _close(self._listener)
        self.drop()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        if self.cut:
            return _close(near)
        try:
            far = socket.create_connection(("127.0.0.1", self.target), 2)
        except OSError:
            return _close(near)
        far.settimeout(None)
        with self._lock:
            self._open |= {near, far}
        for source, sink, is_reply in ((near, far, False), (far, near, True)):
            threading.Thread(target=self._pump, args=(source, sink, is_reply), daemon=True).start()
        return None

    def _pump(self, source: socket.socket, sink: socket.socket, is_reply: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if self.delay:
                    time.sleep(self.delay)
                if self.cut or (is_reply and self._breaks()):
                    sink.sendall(data[: len(data) // 2])
                    break
                sink.sendall(data)
        for one in (source, sink):
            _close(one)
        with self._lock:
            self._open -= {source, sink}

    def _breaks(self) -> bool:
        with self._lock:
            self.truncate, breaks = max(self.truncate - 1, 0), self.truncate > 0
        return breaks


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        one.close()
