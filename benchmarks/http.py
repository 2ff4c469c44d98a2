"""What the guard rails of the API cost: check, opt-out and signed SMS beside a bare Flask JSON route, on one server in one run.

`python -m benchmarks.http [rounds] [seconds]`: each round loads every route in turn from 32 connections (wrk where it is
installed, else a slower generator in Python), so that what the machine does meanwhile falls on all of them alike. The rates
are this machine's; the ratios are what to compare.
"""

import asyncio
import os
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, jsonify
from twilio.request_validator import RequestValidator

import wiring
from suppression.settings import load
from web.app import create_front
from web.front import Front
from web.serve import serve_web

CONNECTIONS = 32
REQUESTS = 40_000  # of each kind, then again from the first
WARM_SECONDS = 4
KEYS = 16  # as a large call centre has; one alone would meet its limit
PORT = 18_473
TOKEN = "benchmark-token-of-no-account"
BARE = "bare Flask JSON"
GOALS = {"check": (BARE, 0.4), "opt-out": ("check", 0.5), "signed SMS": ("check", 0.5)}
LUA = """
local requests, turn = {}, 0
for one in io.open("%s", "rb"):read("*a"):gmatch("([^%%z]+)%%z") do requests[#requests + 1] = one end
request = function() turn = turn %% #requests + 1; return requests[turn] end
"""


def app() -> Front:
    """Both apps in one server process: Stopliste's, and a bare one under /bare."""
    program = wiring.build()
    front, bare = create_front(program.service, program.settings), Flask("bare")
    ours = front.app

    @bare.post("/bare")
    def answer() -> object:
        return jsonify(verdict="allow", contact="+33639980001", reasons=[])

    front.app = lambda environ, start: (bare if environ["PATH_INFO"] == "/bare" else ours)(environ, start)
    return front


def main(rounds: int = 5, seconds: int = 3) -> None:
    """Prints the median rate of each route, and the median of its paired ratios."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"STOPLISTE_DATA_DIR": f"{directory}/data", "TWILIO_AUTH_TOKEN": TOKEN, "PORT": str(PORT)}
        with wiring.running() as program:
            keys = [program.service.create_key(f"benchmark {n}", "dialer") for n in range(KEYS)]
            files = {name: _written(Path(directory), name, it) for name, it in _requests(keys).items()}
            server = subprocess.Popen([sys.executable, "-m", "benchmarks.http", "serve"])
            try:
                _wait()
                for file in files.values():
                    _load(file, WARM_SECONDS)  # phrases, rules and scripts are read at their first use
                rates = [{name: _load(file, seconds) for name, file in files.items()} for _ in range(rounds)]
            finally:
                server.terminate()
                server.wait()
    _report(rates)


def _report(rates: list[dict[str, float]]) -> None:
    for name in rates[0]:
        line = f"{name:16} {statistics.median(it[name] for it in rates):8.0f}/s"
        if name in GOALS:
            other, goal = GOALS[name]
            ratios = [it[name] / it[other] for it in rates]
            line += f"   {statistics.median(ratios):.2f} of {other} [{min(ratios):.2f}-{max(ratios):.2f}], goal {goal}"
        print(line)


def _requests(keys: list[str]) -> dict[str, list[bytes]]:
    json = [("Content-Type: application/json", f"Authorization: Bearer {it}") for it in keys]
    asked = [f'{{"contact": "+3361{n:07d}", "channel": "sms", "audience": "business"}}' for n in range(REQUESTS)]
    said = [f'{{"contact": "+3362{n:07d}", "channels": "all", "words": "stop"}}' for n in range(REQUESTS)]
    return {
        BARE: [_post("/bare", it, json[0]) for it in asked],
        "check": [_post("/v1/check", it, json[n % KEYS]) for n, it in enumerate(asked)],
        "opt-out": [_post("/v1/optouts", it, json[n % KEYS]) for n, it in enumerate(said)],
        "signed SMS": [_sms(n) for n in range(REQUESTS)],
    }


def _sms(number: int) -> bytes:
    fields = {
        "From": f"+3367{number:07d}",
        "To": "+33162000001",
        "Body": "STOP",
        "MessageSid": f"SM{secrets.token_hex(16)}",
    }
    fields |= {
        "AccountSid": "AC0",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
    }
    path = "/webhooks/twilio/sms"
    signature = RequestValidator(TOKEN).compute_signature(f"http://127.0.0.1:{PORT}{path}", fields)
    form = ("Content-Type: application/x-www-form-urlencoded", f"X-Twilio-Signature: {signature}")
    return _post(path, urlencode(fields), form)


def _post(path: str, body: str, headers: Iterable[str]) -> bytes:
    lines = (f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{PORT}", f"Content-Length: {len(body.encode())}", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _written(directory: Path, name: str, requests: list[bytes]) -> Path:
    file = directory / name.replace(" ", "_")
    file.write_bytes(b"".join(it + b"\0" for it in requests))
    file.with_suffix(".lua").write_text(LUA % file)
    return file


def _wait() -> None:
    for _ in range(200):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz") as answer:
            assert answer.status == 200
            return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def _load(file: Path, seconds: int) -> float:
    """Requests a second; stops the benchmark where any answer is an error, since errors are quick."""
    if not shutil.which("wrk"):
        return asyncio.run(_load_slowly(file.read_bytes().split(b"\0")[:-1], seconds))
    script = file.with_suffix(".lua")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{PORT}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told:
        raise SystemExit(f"{file.name}: {told}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])  # type: ignore[index]


async def _load_slowly(requests: list[bytes], seconds: int) -> float:
    end, done, turns = time.monotonic() + seconds, [0], iter(requests * 100)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT, family=socket.AF_INET)
        while time.monotonic() < end:
            writer.write(next(turns))
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 2"), head
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head.lower())[1]))  # type: ignore[index]
            done[0] += 1
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return done[0] / seconds


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve_web("127.0.0.1", PORT, load().data_dir, "benchmarks.http:app")
    else:
        main(*map(int, sys.argv[1:]))
