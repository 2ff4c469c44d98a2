"""Who may call a route of the API, decided at the mount: a route that is not in the table is for admins only."""

import ipaddress
from collections.abc import Callable

from flask import g, request

from suppression.errors import Forbidden, Unauthenticated
from suppression.records import ALL_BRANDS
from suppression.service import Service, require
from suppression.store.credentials import ApiKey

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


def keys_only(service: Service) -> Callable[[], None]:
    """A `before_request` that lets only API keys through, each as far as its role and address range reach."""

    def guard() -> None:
        record = service.authenticate(_bearer())
        if record.networks and not _within(record.networks):
            raise Forbidden("this key may not be used from here")
        require(record, ROLES.get((request.endpoint or "").rpartition(".")[2], ADMINS))
        g.key = record

    return guard


def key() -> ApiKey:
    """The key of the current request."""
    record: ApiKey = g.key
    return record


def within_reach(brand: str) -> str:
    """The brand, if the key of the current request reaches it. Raises Forbidden."""
    require(key(), ASKERS | DIALERS, brand if brand != ALL_BRANDS or key().brands else None)
    return brand


def _bearer() -> str:
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not presented.strip():
        raise Unauthenticated("send the key as Authorization: Bearer …")
    return presented.strip()


def _within(networks: tuple[str, ...]) -> bool:
    address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 -- no address: within no network
    return any(address in ipaddress.ip_network(it, strict=False) for it in networks)
