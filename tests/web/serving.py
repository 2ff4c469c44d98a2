"""A real server of ours, as its command starts it, and callers that speak HTTP by hand, at whatever pace."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-nobody-at-all"
PATIENCE = 30.0


@dataclass
class Server:
    """One that runs."""

    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
        return text

    def dial(self, sent: bytes = b"") -> socket.socket:
        """A connection on which that much was said."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        client.sendall(sent)
        return client

    def told(self, sent: bytes) -> bytes:
        """What comes back until the server hangs up."""
        with self.dial(sent) as client:
            return b"".join(iter(lambda: client.recv(65_536), b""))

    def post(self, path: str, body: bytes, *headers: str) -> tuple[int, bytes]:
        """Status and body of the answer."""
        head, _, answer = self.told(posted(path, body, "Connection: close", *headers)).partition(b"\r\n\r\n")
        return int(head.split()[1]), answer

    def sms(self, sender: str, words: str, sid: str, token: str = TOKEN) -> tuple[int, bytes]:
        """A message of a person's, signed as Twilio signs it."""
        fields = {"From": sender, "To": "+33162000001", "Body": words, "MessageSid": sid}
        path = "/webhooks/twilio/sms"
        signature = RequestValidator(token).compute_signature(f"http://127.0.0.1:{self.port}{path}", fields)
        kind = "Content-Type: application/x-www-form-urlencoded"
        return self.post(path, urlencode(fields).encode(), kind, f"X-Twilio-Signature: {signature}")

    def command(self, *words: str) -> str:
        """What the command prints."""
        done = subprocess.run(  # noqa: PLW1510 -- its words are in the failure
            [sys.executable, "-m", "cli.main", *words], env=self.environment, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def posted(path: str, body: bytes, *headers: str) -> bytes:
    """A request as it is sent."""
    return (
        "\r\n".join((f"POST {path} HTTP/1.1", "Host: a", f"Content-Length: {len(body)}", *headers)) + "\r\n\r\n"
    ).encode() + body


@contextmanager
def serving(directory: Path, **more: str) -> Iterator[Server]:
    """A server that answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    settings = {"STOPLISTE_DATA_DIR": str(directory / "data"), "PORT": str(port), "TWILIO_AUTH_TOKEN": TOKEN, **more}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    command = [sys.executable, "-m", "cli.main", "web", "--host", "127.0.0.1"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server(port, environment, process)
    for _ in range(300):
        try:
            server.get("/readyz")
            break
        except OSError:
            time.sleep(0.1)
    try:
        yield server
    finally:
        process.terminate()
        assert process.wait(15) == 0


def status_of(answer: bytes) -> int:
    """The status in the first line of an answer, 0 where there is none."""
    found = re.match(rb"HTTP/1\.1 (\d+)", answer)
    return int(found[1]) if found else 0
