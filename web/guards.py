"""Who may call a route of the API, decided at the mount: a route that is not in the table is for admins only."""

from collections.abc import Callable

from flask import g, request

from suppression.errors import Forbidden, Unauthenticated
from suppression.records import ALL_BRANDS
from suppression.service import ApiKey, Caller, Service, require
from web import reading

ASKERS = frozenset({"agent", "dialer"})
DIALERS = frozenset({"dialer"})
ADMINS: frozenset[str] = frozenset()

ROLES: dict[str, frozenset[str]] = {
    "check": ASKERS,
    "check_get": ASKERS,
    "check_batch": ASKERS,
    "scrub": ASKERS,
    "verdict": ASKERS,
    "opt_out": ASKERS,
    "attempt": ASKERS,
    "confirm": DIALERS,
    "release": DIALERS,
}
# Routes that ask for the brand themselves, or name by a random id what a key of that brand made: open to keys of some brands only.
OF_A_BRAND = frozenset({*ROLES, "block", "permit"})
UNLIMITED = frozenset({"opt_out"})  # a STOP is never too often


def keys_only(service: Service) -> Callable[[], None]:
    """A `before_request` that lets only API keys through, each as far and as often as it may."""

    def guard() -> None:
        route = (request.endpoint or "").rpartition(".")[2]
        presented = bearer(request.headers.get("Authorization", ""))
        g.caller = Caller(presented, request.remote_addr or "", ROLES.get(route, ADMINS))
        g.key = service.admit(g.caller, 0 if route in UNLIMITED else 1)
        if g.key.brands and route not in OF_A_BRAND:
            raise Forbidden("this key reaches some brands only, and this route concerns all of them")

    return guard


def caller() -> Caller:
    """Who sent the current request."""
    found: Caller = g.caller
    return found


def key() -> ApiKey:
    """The key of the current request."""
    record: ApiKey = g.key
    return record


def within_reach(record: ApiKey, brand: str) -> str:
    """The brand, if a key reaches it; all brands are reached by a key without a list of its own. Raises Forbidden."""
    require(record, ASKERS, brand if brand != ALL_BRANDS or record.brands else None)
    return brand


def bearer(header: str) -> str:
    """The key in an Authorization header. Raises Unauthenticated."""
    scheme, _, presented = header.partition(" ")
    if scheme.lower() != "bearer" or not presented.strip():
        raise Unauthenticated("send the key as Authorization: Bearer …")
    return presented.strip()


def once() -> str:
    """The current request's Idempotency-Key, as once_of has it."""
    return once_of(key(), reading.idempotency_key(request.headers.get("Idempotency-Key", "")))


def once_of(record: ApiKey, given: str) -> str:
    """A caller's Idempotency-Key, theirs alone: two programs may count from 1, and no door's own keys can be forged."""
    return f"api:{record.id}:{given}" if given else ""
