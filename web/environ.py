"""A request of the server's as a WSGI environ (PEP 3333), and an answer as the server takes it."""

import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, TypeAlias

Environ: TypeAlias = dict[str, Any]
Wsgi: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Answer: TypeAlias = tuple[int, list[tuple[str, str]], bytes]  # status, headers, body
Scope: TypeAlias = (
    Any  # granian's, without types: method, path, query_string, headers, client, server, scheme, http_version
)

_ALWAYS: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,  # werkzeug reads to the end where no length is declared
}
_PLAIN = {"HTTP_CONTENT_TYPE": "CONTENT_TYPE", "HTTP_CONTENT_LENGTH": "CONTENT_LENGTH"}


class File:
    """`wsgi.file_wrapper`: a file that the server may send by itself, at the pace of whoever reads it."""

    def __init__(self, file: Any, size: int = 65_536) -> None:
        self.path = str(file.name)
        self._file = file
        self._size = size

    def __iter__(self) -> "File":
        return self

    def __next__(self) -> bytes:
        """A piece of it, where it is read as WSGI has it."""
        piece: bytes = self._file.read(self._size)
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()


def environ_of(scope: Scope, body: bytes) -> Environ:
    """The environ of a request whose body was read already.

    A name with an underscore is left out: `X_Real_Ip` would be taken for the `X-Real-Ip` that only a proxy may set.
    """
    environ = _ALWAYS | {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "HTTP_HOST": scope.authority or "",
        "REMOTE_ADDR": address_of(scope),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.file_wrapper": File,
    }
    environ["SERVER_NAME"], environ["SERVER_PORT"] = _split(scope.server)
    seen: set[str] = set()
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = "HTTP_" + name.upper().replace("-", "_")
        key = _PLAIN.get(key, key)
        environ[key] = f"{environ[key]}{';' if name == 'cookie' else ','}{value}" if name in seen else value
        seen.add(name)
    return environ


def address_of(scope: Scope) -> str:
    """The network address that a request came from."""
    return _split(scope.client)[0]


def _split(address: str) -> tuple[str, str]:
    """Host and port of `127.0.0.1:8000` or `[::1]:8000`."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), port
