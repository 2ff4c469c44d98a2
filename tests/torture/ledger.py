"""What the ledger has of all this: each message once, and seals that hold."""

from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

from .checker import Violation
from .client import Client
from .world import World

STOPS = frozenset({"opted_out", "repeated"})


def stops_counted(client: Client, contacts: Iterable[str]) -> tuple[dict[str, int] | None, str]:
    """How many STOPs the dossier of each contact has; None, and why, where there are no dossiers."""
    counted: dict[str, int] = {}
    ids: Counter[str] = Counter()
    for contact in contacts:
        answer = client.admin(f"/v1/contacts/{quote(contact, safe='')}")
        if answer.status != 200:
            return None, f"no dossiers to count by ({answer.status} {answer.json.get('code', '')})"
        events = [it for it in answer.json["events"] if it["type"] in STOPS]
        counted[contact] = len(events)
        ids.update(it["id"] for it in events)
    doubled = [it for it, times in ids.items() if times > 1]
    return counted, f"events of two contacts: {doubled}" if doubled else ""


def stops_in_feed(client: Client) -> int:
    """How many STOPs the whole change feed has, each event once."""
    cursor, ids = "", set[str]()
    while True:
        page = client.admin(f"/v1/events?limit=1000{f'&after={cursor}' if cursor else ''}").json
        if not page.get("events"):
            return len(ids)
        ids.update(it["id"] for it in page["events"] if it["type"] in STOPS)
        cursor = page["next"]


def verify(world: World, broken: list[Violation]) -> str:
    """Runs `stopliste ledger verify`, adds what it finds; a note where there is no such command yet."""
    done = world.cli("ledger", "verify")
    said = (done.stdout + done.stderr).strip().splitlines()
    if done.returncode and any("No such command" in it for it in said):
        return "ledger not verified: no such command yet"
    if done.returncode:
        broken.append(Violation("ledger_broken", "", " / ".join(said[-2:])))
    return ""
