"""A backup: every key of the store as lines of JSON, compressed and encrypted frame by frame, readable by any later version.

Frames are bound to their backup and their place, and the last one counts them all: a file that was cut, changed or put together
from two does not open. Only lines of JSON lead from a newer server to an older one.
"""

import os
import secrets
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from suppression.errors import StoplisteError
from suppression.keyring import Keyring, WrongSecret, seal, unseal
from suppression.ports import Archive
from suppression.store import keys
from suppression.store.connect import Client, translated

MAGIC = b"stopliste backup 1\n"
FRAME_BYTES = 1 << 20
LARGEST_FRAME = 256 << 20  # one registry shard or stream page is far below; a length beyond it is damage
PAGE = 1_000
FOLDERS = (
    "seals",
    "rules",
    *(f"events/{stream}/{n:02d}" for stream in ("ledger", "questions") for n in range(keys.PARTITIONS)),
)
_LENGTH = struct.Struct(">I")


class BadBackup(StoplisteError):
    """The file is no whole backup of ours; nothing was touched."""

    code = "bad_backup"


class Header(Struct, frozen=True):
    """What stands in clear before the frames: an id, when, and a check of the secret."""

    id: str
    at: datetime
    check: bytes


class Line(Struct, frozen=True, omit_defaults=True):
    """One key of the store, or a page of one: its type, name, expiry, and content as a flat list."""

    kind: str
    name: str
    content: list[bytes]
    expires_at: int = 0


@dataclass(frozen=True)
class Summary:
    """What a backup holds: its instant, and how many lines of each kind."""

    at: datetime
    lines: dict[str, int]


_line = msgspec.json.Decoder(Line)


def write(client: Client, keyring: Keyring, archive: Archive, path: Path, now: datetime) -> Summary:
    """Writes a backup, whole or not at all, and reads it again before it takes its name. Raises StoreUnavailable, OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    header = Header(secrets.token_hex(8), now, keyring.seal(b"backup", "backup"))
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(MAGIC + msgspec.json.encode(header) + b"\n")
            for frame in _frames(keyring, header, _lines(client, archive)):
                file.write(frame)
            file.flush()
            os.fsync(file.fileno())
        summary = verify(keyring, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return summary


def verify(keyring: Keyring, path: Path) -> Summary:
    """Reads a whole backup without using it. Raises WrongSecret, BadBackup."""
    counts: dict[str, int] = {}
    for line in read(keyring, path):
        counts[line.kind] = counts.get(line.kind, 0) + 1
    return Summary(header_of(keyring, path).at, counts)


def header_of(keyring: Keyring, path: Path) -> Header:
    """The header, if it is a backup of this secret's. Raises WrongSecret, BadBackup."""
    with path.open("rb") as file:
        if file.readline() != MAGIC:
            raise BadBackup("this is no backup of Stopliste")
        try:
            header = msgspec.json.decode(file.readline(), type=Header)
        except msgspec.DecodeError as cause:
            raise BadBackup("the backup's header is damaged") from cause
    try:
        keyring.open(header.check, "backup")
    except WrongSecret as cause:
        raise WrongSecret("STOPLISTE_SECRET is not the one this backup was made with; nothing was touched") from cause
    return header


def read(keyring: Keyring, path: Path) -> Iterator[Line]:
    """The lines, in order. Raises WrongSecret, BadBackup (in the end, if the last frame is missing)."""
    header = header_of(keyring, path)
    cipher = AESGCM(keyring.derive("backup"))
    with path.open("rb") as file:
        file.readline(), file.readline()
        number, last = 0, False
        while not last:
            text = _opened(cipher, header, number, file.read(_LENGTH.size), file)
            last = text.startswith(b"end ")
            if last and int(text[4:]) != number:
                raise BadBackup("frames are missing")
            yield from () if last else map(_line.decode, text.splitlines())
            number += 1
        if file.read(1):
            raise BadBackup("something was added behind the end")


def _opened(cipher: AESGCM, header: Header, number: int, length: bytes, file: BinaryIO) -> bytes:
    size = _LENGTH.unpack(length)[0] if len(length) == _LENGTH.size else LARGEST_FRAME + 1
    if size > LARGEST_FRAME:
        raise BadBackup("the backup was cut off")
    try:
        return zlib.decompress(unseal(cipher, file.read(size), f"{header.id}:{number}"))
    except (WrongSecret, zlib.error, ValueError) as cause:
        raise BadBackup("the backup was cut off or changed") from cause


def _frames(keyring: Keyring, header: Header, lines: Iterable[Line]) -> Iterator[bytes]:
    cipher = AESGCM(keyring.derive("backup"))
    number, size = 0, 0
    held: list[bytes] = []
    for line in lines:
        held.append(msgspec.json.encode(line))
        size += len(held[-1])
        if size >= FRAME_BYTES:
            yield _frame(cipher, header, number, b"\n".join(held))
            number, held, size = number + 1, [], 0
    if held:
        yield _frame(cipher, header, number, b"\n".join(held))
        number += 1
    yield _frame(cipher, header, number, b"end %d" % number)


def _frame(cipher: AESGCM, header: Header, number: int, text: bytes) -> bytes:
    sealed = seal(cipher, zlib.compress(text), f"{header.id}:{number}")
    return _LENGTH.pack(len(sealed)) + sealed


def _lines(client: Client, archive: Archive) -> Iterator[Line]:
    """Records before streams: what is written meanwhile is then in the streams, and restoring folds it in."""
    with translated():
        names = sorted({bytes(it) for it in client.scan_iter(count=PAGE)})
    streams = []
    for name in names:
        with translated():
            kind = client.type(name).decode()
        if kind == "stream":
            streams.append(name)
        else:
            yield from _record(client, kind, name)
    for name in streams:
        yield from _stream(client, name)
    for folder in FOLDERS:
        for file in archive.list(folder):
            yield Line("file", file, [archive.get(file) or b""])


def _record(client: Client, kind: str, name: bytes) -> Iterator[Line]:
    with translated():
        if kind == "hash":
            yield Line("hash", name.decode(), [it for pair in client.hgetall(name).items() for it in pair])
        elif kind == "zset":
            pairs = client.zrange(name, 0, -1, withscores=True)
            yield Line("zset", name.decode(), [it for member, score in pairs for it in (member, repr(score).encode())])
        elif kind == "string" and (value := client.get(name)) is not None:
            yield Line("string", name.decode(), [value], max(client.expiretime(name), 0))


def _stream(client: Client, name: bytes) -> Iterator[Line]:
    after = "0-0"
    while True:
        with translated():
            rows = client.xrange(name, f"({after}", "+", PAGE)
        if not rows:
            return
        content = [it for place, fields in rows for it in (place, fields[b"leaf"], fields.get(b"box", b""))]
        yield Line("stream", name.decode(), content)
        after = rows[-1][0].decode()
