"""A small Bot API server: long polling with acknowledged offsets, one poller at a time, Telegram's limits, faults on request."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "123456:AAFakeFakeFakeFakeFakeFakeFakeFake"
ERRORS = {403: "Forbidden: bot was blocked by the user", 409: "Conflict: terminated by other getUpdates request",
          429: "Too Many Requests", 400: "Bad Request", 401: "Unauthorized"}  # fmt: skip


@dataclass
class Call:
    """One request that the bot made and that was granted."""

    method: str
    data: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.data.get("text") or self.data.get("caption") or "")


@dataclass
class BotApi:
    """The server. Lives in one event loop; `updates` are those not yet acknowledged."""

    updates: list[Any] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    tried: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    faults: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _poll: int = 0

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/bot{token}/{method}", self.serve)
        return app

    def put(self, *updates: Any) -> None:
        self.updates.extend(updates)
        self._news.set()

    async def serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.tried[method] += 1
        if request.match_info["token"] != TOKEN:
            return refuse(401)
        if self.faults[method]:
            return (
                self.faults[method].pop(0)()
                if callable(self.faults[method][0])
                else refuse(**self.faults[method].pop(0))
            )
        data = {name: it if isinstance(it, str) else it.file.read() for name, it in (await request.post()).items()}
        if method == "getUpdates":
            return await self.get_updates(data)
        if problem := forbidden(method, data):
            return refuse(400, problem)
        self.calls.append(Call(method, data))
        return grant(sent(data, len(self.calls)) if method != "answerCallbackQuery" else True)

    async def get_updates(self, data: dict[str, Any]) -> web.Response:
        self._poll += 1
        mine, offset = self._poll, int(data.get("offset", 0))
        self.updates = [it for it in self.updates if it["update_id"] >= offset]
        end = asyncio.get_running_loop().time() + float(data.get("timeout", 0))
        while not self._after(offset) and (left := end - asyncio.get_running_loop().time()) > 0 and mine == self._poll:
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left, 0.2))
        return refuse(409) if mine != self._poll else grant(self._after(offset)[: int(data.get("limit", 100))])

    def _after(self, offset: int) -> list[Any]:
        return [it for it in self.updates if it["update_id"] >= offset]


def forbidden(method: str, data: dict[str, Any]) -> str:
    """What Telegram would refuse about a request."""
    markup = json.loads(data.get("reply_markup") or "{}")
    inline = [button for row in markup.get("inline_keyboard", []) for button in row]
    if method == "sendMessage" and not 1 <= len(data.get("text", "").encode("utf-16-le")) // 2 <= 4096:
        return "message text is empty or too long"
    if any(len(it["callback_data"].encode()) > 64 for it in inline):
        return "BUTTON_DATA_INVALID"
    if method in ("sendMessage", "sendDocument", "editMessageText") and not data.get("chat_id", "").isdigit():
        return "chat not found"
    return ""


def sent(data: dict[str, Any], number: int) -> dict[str, Any]:
    chat = {"id": int(data["chat_id"]), "type": "private", "first_name": "X"}
    return {"message_id": 9000 + number, "date": 1_795_514_400, "chat": chat, "text": data.get("text", "")}


def grant(result: Any) -> web.Response:
    return web.Response(text=json.dumps({"ok": True, "result": result}), content_type="application/json")


def refuse(status: int, description: str = "", retry_after: int | None = None) -> web.Response:
    body = {
        "ok": False,
        "error_code": status,
        "description": description or ERRORS.get(status, "Internal Server Error"),
    }
    body |= {"parameters": {"retry_after": retry_after}} if retry_after else {}
    return web.json_response(body, status=status)
