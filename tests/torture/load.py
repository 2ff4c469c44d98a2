"""A steady mixed load, and its history: people who say STOP and START at every door, and programs that ask."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from suppression.texts import languages, say

from .checker import Op, What
from .client import Answer, Client, hears_that_it_failed, hears_that_it_is_done, hears_that_it_is_kept, verdict
from .world import World

PAUSE = 0.02  # seconds between two requests of one thread
SAYERS, ASKERS = 3, 2
FAIR = frozenset({0, 429, 502, 503, 504})  # what a service in trouble may answer; anything else is a surprise
STOPPED, STARTED = ({say("bot", it, lang) for lang in languages("bot")} for it in ("stopped", "started"))
DOORS = {"sms": 4, "voice": 2, "api": 3, "keyless": 1, "start": 3, "again": 2}


@dataclass(frozen=True, slots=True)
class Said:
    """A message that may have to be sent again: at which door, by whom, under which key."""

    door: str
    contact: str
    key: str

    @property
    def is_start(self) -> bool:
        """Whether it reopens."""
        return self.door.endswith("start")


class History:
    """Everything that was asked and answered, safe between threads; `surprises` counts answers that should never be."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.surprises: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, op: Op) -> None:
        """One more."""
        with self._lock:
            self.ops.append(op)

    def surprise(self, what: str) -> None:
        """An answer out of the ordinary, such as a 500."""
        with self._lock:
            self.surprises[what] += 1

    def of(self, contacts: set[str]) -> list[Op]:
        """The operations on some contacts."""
        with self._lock:
            return [it for it in self.ops if it.contact in contacts]


@dataclass(frozen=True)
class People:
    """Who takes part in a round. The steadfast never say START: for them a STOP is for ever."""

    steadfast: tuple[str, ...]
    fickle: tuple[str, ...]
    chatters: tuple[int, ...] = ()

    @property
    def phones(self) -> tuple[str, ...]:
        """Everybody with a telephone."""
        return self.steadfast + self.fickle

    @property
    def telegrams(self) -> tuple[str, ...]:
        """Everybody in Telegram."""
        return tuple(f"telegram:{it}" for it in self.chatters)

    @classmethod
    def of_round(cls, number: int, size: int, bot: bool) -> "People":
        """A population that no other round has: fictitious French numbers (+33 6 39 98 xx xx), made-up Telegram ids."""
        numbers = [f"+3363998{(number * size + it) % 10_000:04d}" for it in range(size)]
        chatters = tuple(900_000_000 + number * 10 + it for it in range(4)) if bot else ()
        return cls(tuple(numbers[: size // 2]), tuple(numbers[size // 2 :]), chatters)


class Load:
    """Threads that talk to one world until told to stop."""

    def __init__(self, world: World, people: People, history: History, seed: int, timeout: float = 2.0) -> None:
        self.world, self.people, self.history = world, people, history
        self._client = Client(world, timeout)
        self._stop = threading.Event()
        self._open: set[Said] = set()  # sent and not acknowledged
        self._done: list[Said] = []
        jobs: list[Callable[[random.Random], None]] = [*[self._say] * SAYERS, *[self._ask] * ASKERS]
        if world.telegram:
            jobs.append(self._chat)
        self._threads = [
            threading.Thread(target=self._work, args=(job, random.Random(f"{seed}:{it}")), daemon=True)
            for it, job in enumerate(jobs)
        ]

    def start(self) -> None:
        """Begins."""
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        """Ends, when the requests under way are answered or given up."""
        self._stop.set()
        for one in self._threads:
            one.join(30)

    def settle(self, seconds: float = 30) -> int:
        """Sends again what was never acknowledged, as Twilio and a careful client would; how many are still open after that."""
        end = time.monotonic() + seconds
        while self._open and time.monotonic() < end:
            for said in list(self._open):
                self.send(said)
            time.sleep(0.2 if self._open else 0)
        return len(self._open)

    def send(self, said: Said) -> None:
        """One try of one message, with what came of it in the history."""
        begin = time.monotonic()
        answer = self._post(said)
        end = time.monotonic()
        asked_again = said.is_start and answer.status == 200 and "<Message>" in answer.body
        acked = self._is_acked(said, answer) and not asked_again
        event = str(answer.json.get("event") or "") if said.door == "api" and acked else ""
        what: What = "start" if said.is_start else "stop"
        self.history.add(
            Op(said.contact, what, said.key, begin, end, "acked" if acked else "unknown", said.door, event)
        )
        if said.door == "keyless" or asked_again:
            self._open.discard(said)
            return  # sent again it would be another message
        if acked:
            self._open.discard(said)
            self._done.append(said)
        else:
            self._open.add(said)

    def ask(self, contact: str) -> None:
        """One check."""
        begin = time.monotonic()
        answer = self._client.check(contact)
        read = verdict(answer.json) if answer.status == 200 else "unknown"
        if answer.status not in FAIR and read not in ("open", "stopped"):
            self.history.surprise(f"check: {answer.status} {read} {answer.json.get('code', '')}")
        self._note_check(contact, begin, read)

    def ask_everybody(self, contacts: list[str]) -> bool:
        """One check of each, in one request; False if there was no answer."""
        begin = time.monotonic()
        answer = self._client.check_many(contacts)
        for contact, one in zip(contacts, answer.json.get("results", ()), strict=False):
            self._note_check(contact, begin, verdict(one))
        return answer.status == 200

    def _note_check(self, contact: str, begin: float, read: str) -> None:
        known = read if read in ("open", "stopped") else "unknown"
        self.history.add(Op(contact, "check", "", begin, time.monotonic(), known))

    def _work(self, job: Callable[[random.Random], None], dice: random.Random) -> None:
        while not self._stop.is_set():
            job(dice)
            self._stop.wait(PAUSE * dice.uniform(0.5, 1.5))

    def _say(self, dice: random.Random) -> None:
        door = dice.choices(list(DOORS), list(DOORS.values()))[0]
        if self._open and dice.random() < 0.3:
            return self.send(dice.choice(list(self._open)))
        if door == "again" and self._done:
            return self.send(dice.choice(self._done))
        people = self.people.fickle if door == "start" else self.people.phones
        return self.send(
            Said(door if door != "again" else "sms", dice.choice(people), uuid.UUID(int=dice.getrandbits(128)).hex)
        )

    def _ask(self, dice: random.Random) -> None:
        self.ask(dice.choice(self.people.phones + self.people.telegrams))

    def _chat(self, dice: random.Random) -> None:
        """One message in Telegram, and its acknowledgement; the next only after it, or at the end of patience."""
        assert self.world.telegram
        person, word = dice.choice(self.people.chatters), dice.choice(("STOP", "STOP", "/stop", "START"))
        begin = time.monotonic()
        id_ = self.world.telegram.say(person, word)
        while not self.world.telegram.wait_for(id_, 0.5) and not (
            self._stop.is_set() and time.monotonic() > begin + 20
        ):
            pass
        what: What = "start" if word == "START" else "stop"
        end = self.world.telegram.told(person, STARTED if what == "start" else STOPPED, begin)
        if what == "stop":  # an update that Telegram may forget is done; a START may have been answered "too late"
            end = min(end, self.world.telegram.acknowledged.get(id_, inf))
        answer = "acked" if end < inf else "unknown"
        self.history.add(Op(f"telegram:{person}", what, f"update {id_}", begin, end, answer, "telegram"))

    def _post(self, said: Said) -> Answer:
        match said.door:
            case "voice":
                return self._client.key_nine(said.contact, f"CA{said.key}")
            case "api":
                return self._client.opt_out(said.contact, said.key)
            case "keyless":
                return self._client.opt_out(said.contact)
        # Twilio answers a bare STOP itself; where a host may only have kept it, we must see what it says.
        stop = "STOP svp" if self.world.peer else "STOP"
        return self._client.sms(said.contact, "START" if said.is_start else stop, f"SM{said.key}")

    def _is_acked(self, said: Said, answer: Answer) -> bool:
        if hears_that_it_is_kept(answer):
            return False
        if said.door == "voice":
            acked = hears_that_it_is_done(answer)
            fair = acked or hears_that_it_failed(answer)
        else:
            acked = fair = answer.status == (201 if said.door in ("api", "keyless") else 200)
        if not fair and answer.status not in FAIR:
            self.history.surprise(f"{said.door}: {answer.status} {answer.json.get('code', '')}")
        return acked
