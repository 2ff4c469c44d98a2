"""Telegram's side of the bot: updates wait until they are acknowledged, as the real Bot API keeps them."""

import itertools
import json
import threading
import time
from collections.abc import Collection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from typing import Any
from urllib.parse import parse_qs

LONGEST_POLL = 2.0  # seconds; the real one holds up to 50
ME = {"id": 123456, "is_bot": True, "first_name": "Torture", "username": "torture_bot"}


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A bot that is killed leaves broken connections behind; that is what we are here for."""


class FakeTelegram:
    """A Bot API on a free port. `say` sends an update.

    `acknowledged` holds the instant at which each was taken, `replies` who was told what.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._ids = itertools.count(1)
        self._waiting: dict[int, dict[str, Any]] = {}
        self._news = threading.Condition()
        self.acknowledged: dict[int, float] = {}
        self.replies: list[tuple[int, str, float]] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def say(self, person: int, text: str) -> int:
        """A private message of somebody; its update's id."""
        who = {"id": person, "first_name": "P", "is_bot": False, "language_code": "fr"}
        chat = {"id": person, "type": "private", "first_name": "P"}
        with self._news:
            id_ = next(self._ids)
            message = {"message_id": id_, "date": int(time.time()), "chat": chat, "from": who, "text": text}
            self._waiting[id_] = {"update_id": id_, "message": message}
            self._news.notify_all()
        return id_

    def wait_for(self, id_: int, seconds: float) -> bool:
        """Whether an update is acknowledged within that time."""
        with self._news:
            return self._news.wait_for(lambda: id_ in self.acknowledged, seconds)

    def told(self, person: int, texts: Collection[str], since: float) -> float:
        """When somebody was first told one of these texts after an instant; infinity if never."""
        return min(
            (at for who, text, at in self.replies if who == person and text in texts and at > since), default=inf
        )

    def close(self) -> None:
        """The end."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, fields: dict[str, Any]) -> object:
        """What the Bot API answers to a method."""
        match method:
            case "getUpdates":
                return self._updates(
                    int(fields.get("offset") or 0), min(float(fields.get("timeout") or 0), LONGEST_POLL)
                )
            case "getMe":
                return ME
            case "sendMessage":
                person = int(fields["chat_id"])
                self.replies.append((person, str(fields.get("text")), time.monotonic()))
                return {
                    "message_id": 1,
                    "date": int(time.time()),
                    "chat": {"id": person, "type": "private"},
                    "text": "…",
                }
        return True

    def _updates(self, offset: int, seconds: float) -> list[dict[str, Any]]:
        with self._news:
            for id_ in [it for it in self._waiting if it < offset]:
                del self._waiting[id_]
                self.acknowledged[id_] = time.monotonic()
            self._news.notify_all()
            self._news.wait_for(lambda: any(it >= offset for it in self._waiting), seconds)
            return [self._waiting[it] for it in sorted(self._waiting) if it >= offset][:100]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                _, _, method = self.path.strip("/").rpartition("/")
                result = fake.answer(method, _fields(self.headers.get("Content-Type", ""), body))
                answer = json.dumps({"ok": True, "result": result}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        return Handler


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a JSON, a form or a multipart body, all as text."""
    if "json" in content_type:
        return dict(json.loads(body or b"{}"))
    if "multipart" not in content_type:
        return {name: values[0] for name, values in parse_qs(body.decode()).items()}
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    parts = [it.partition(b"\r\n\r\n") for it in body.split(b"--" + boundary)]
    named = [(head.partition(b'name="')[2].partition(b'"')[0], value.rstrip(b"\r\n")) for head, _, value in parts]
    return {name.decode(): value.decode() for name, value in named if name}
