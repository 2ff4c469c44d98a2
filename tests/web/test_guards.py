"""Keys: who may, from where, how far, until when, and how often."""

from datetime import UTC, datetime, timedelta

import pytest

from suppression.contact import parse
from suppression.errors import TooMany
from suppression.store import limits
from suppression.store.limits import Limit
from tests.web.conftest import Api, problem

CHECK = {"contact": "+33639980401", "channel": "sms", "audience": "business"}


def asked(api: Api, key: str, **more: str) -> int:
    """The status of a check by the door and by the route behind it, which must agree."""
    body = {**CHECK, **more}
    found = {
        api("POST", "/v1/check", body, key).status_code,
        api("GET", "/v1/check", key=key, query_string=body).status_code,
    }
    [status] = found
    return status


def test_a_key_is_stored_as_a_digest_and_says_what_it_is(api: Api) -> None:
    key = api.program.service.create_key("shown once", "dialer")
    assert key.startswith("stopliste_dialer_")
    dump = str([api.program.client.hgetall(it) for it in (b"api_keys", b"keys_used")])
    assert key not in dump
    assert key.rpartition("_")[2] not in dump


def test_a_revoked_key_is_refused_at_once(api: Api) -> None:
    """The process remembers keys that it has seen; the store has the last word, in the very round trip of the check."""
    key = api.program.service.create_key("leaver", "agent")
    assert asked(api, key) == 200
    api.program.service.revoke_key("leaver")
    assert asked(api, key) == 401
    assert asked(api, key) == 401


def test_a_key_expires(api: Api) -> None:
    until = api.clock() + timedelta(hours=1)
    key = api.program.service.create_key("trainee", "agent", expires_at=until)
    assert asked(api, key) == 200
    api.clock.now = until
    assert asked(api, key) == 401
    assert api("POST", "/v1/optouts", {"contact": "+33639980402"}, key).status_code == 401
    api.clock.now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        (["10.0.0.0/8"], "10.1.2.3", 200),
        (["10.0.0.0/8"], "11.1.2.3", 403),
        (["10.0.0.0/8"], "::ffff:10.1.2.3", 200),  # an IPv4 caller of a server that listens on ::
        (["2001:db8::/32", "192.0.2.7"], "192.0.2.7", 200),
        (["2001:db8::/32"], "2001:db9::1", 403),
        (["10.0.0.0/8"], "", 403),
        (["10.0.0.0/8"], "no address", 403),
    ],
)
def test_a_key_reaches_from_its_addresses_only(api: Api, networks: list[str], address: str, status: int) -> None:
    key = api.program.service.create_key(f"at {networks} {address}", "agent", networks=networks)
    sent = {"environ_overrides": {"REMOTE_ADDR": address}}
    for content_type in ("application/json", "application/json; charset=utf-8"):
        raw = b'{"contact": "+33639980403", "channel": "sms"}'
        assert api("POST", "/v1/check", key=key, data=raw, content_type=content_type, **sent).status_code == status


def test_a_forwarded_address_does_not_open_a_network(api: Api) -> None:
    key = api.program.service.create_key("forwarded", "agent", networks=["10.0.0.0/8"])
    answer = api("POST", "/v1/check", CHECK, key, {"X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1"})
    assert problem(answer) == (403, "forbidden")


def test_a_key_reaches_its_brands_only(api: Api) -> None:
    assert asked(api, "other's", brand="other") == 200
    assert asked(api, "other's") == 403, "no brand named: the default one"
    assert asked(api, "other's", brand="older") == 200, "an earlier name"
    for brand, status in (("other", 201), ("default", 403), ("*", 403)):
        assert api("POST", "/v1/optouts", {"contact": "+33639980404", "brand": brand}, "other's").status_code == status
    admin = api.program.service.create_key("other's admin", "admin", ["other"])
    for method, path in (
        ("GET", "/v1/events"),
        ("GET", "/v1/contacts/+33639980404"),
        ("DELETE", "/v1/blocks/blk_00ab"),
        ("GET", "/v1/reviews"),
    ):
        assert problem(api(method, path, key=admin)) == (403, "forbidden"), "it would show or change other brands"


def test_last_use_is_known_to_the_minute_and_costs_one_write_a_minute(api: Api) -> None:
    key = api.program.service.create_key("seldom", "agent")

    def used() -> str | None:
        return next(when for record, when in list(api.program.service.keys()) if record.name == "seldom")

    assert used() is None
    writes = []
    for _ in range(3):
        asked(api, key)
        writes.append(used())
    assert writes == [f"{api.clock.now:%Y-%m-%dT%H:%M}+00:00"] * 3


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can reach."""
    monkeypatch.setattr(limits, "MACHINE", Limit(0.5, 5))
    monkeypatch.setattr(limits, "CONTACT", Limit(0.1, 3))
    monkeypatch.setattr(limits, "STRANGER", Limit(0.5, 2))


@pytest.mark.usefixtures("small")
def test_a_key_that_runs_wild_is_told_when_to_come_back(api: Api) -> None:
    key = api.program.service.create_key("wild", "dialer")
    statuses = [api("POST", "/v1/check", {**CHECK, "contact": f"+3363998041{n}"}, key).status_code for n in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    refused = api("GET", "/v1/check", key=key, query_string=CHECK)
    assert problem(refused) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 2
    assert asked(api, "agent") == 200, "its neighbours go on"


@pytest.mark.usefixtures("small")
def test_a_stop_is_never_too_often(api: Api) -> None:
    key = api.program.service.create_key("flood", "dialer")
    while api("POST", "/v1/check", CHECK, key).status_code != 429:
        pass
    said = [api("POST", "/v1/optouts", {"contact": "+33639980420"}, key).status_code for _ in range(10)]
    assert said == [201] * 10


@pytest.mark.usefixtures("small")
def test_a_batch_weighs_as_much_as_it_asks(api: Api) -> None:
    key = api.program.service.create_key("batches", "dialer")
    four = {"contacts": ["+33639980421"] * 4, "channel": "sms"}
    assert api("POST", "/v1/check/batch", four, key).status_code == 200
    assert problem(api("POST", "/v1/check/batch", four, key)) == (429, "rate_limited")


@pytest.mark.usefixtures("small")
def test_one_contact_again_and_again_is_a_loop_in_somebodys_program(api: Api) -> None:
    one, two = (api.program.service.create_key(it, "agent") for it in ("loop", "no loop"))
    body = {**CHECK, "contact": "+33639980422"}
    assert [api("POST", "/v1/check", body, one).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert api("GET", "/v1/check", key=one, query_string=body).status_code == 429, "nor by the other way"
    assert api("POST", "/v1/check", {**body, "contact": "+33639980423"}, one).status_code == 200
    assert api("POST", "/v1/check", body, two).status_code == 200, "another key's question is not silenced by it"


@pytest.mark.usefixtures("small")
def test_strangers_are_slowed_down_and_pay_for_themselves_only(api: Api) -> None:
    sent = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.99"}}
    statuses = [api("POST", "/v1/check", CHECK, f"guess{n}", **sent).status_code for n in range(4)]
    assert statuses == [401, 401, 429, 429]
    assert api("POST", "/v1/check", CHECK, "agent", **sent).status_code == 200
    stop = api("POST", "/v1/optouts", {"contact": "+33639980424"}, "guess", **sent)
    assert stop.status_code == 401, "a wrong key is a wrong key: the sender must learn it, not wait"


def test_what_costs_money_is_rare_and_never_free(api: Api) -> None:
    service, person = api.program.service, parse("+33639980425")
    for _ in range(3):
        service.afford(person, "192.0.2.1")
    with pytest.raises(TooMany) as refused:
        service.afford(person, "192.0.2.2")
    assert refused.value.retry_after > 60
    for n in range(7):
        service.afford(parse(f"+3363998043{n}"), "192.0.2.1")
    with pytest.raises(TooMany):
        service.afford(parse("+33639980439"), "192.0.2.1")


def test_limits_leave_no_address_and_no_trace_on_disk(api: Api) -> None:
    before = api.program.client.info("persistence")["aof_current_size"]
    for n in range(20):
        api("POST", "/v1/check", CHECK, f"guess{n}", environ_overrides={"REMOTE_ADDR": "192.0.2.98"})
    assert (
        api.program.client.info("persistence")["aof_current_size"] - before < 1500
    )  # what expires leaves a line; what is counted none
    names = [it.decode() for it in api.program.client.scan_iter(match="*limit*")]
    assert names
    assert not [it for it in names if "192.0.2" in it or "33639980401" in it]
    assert all(api.program.client.pttl(it) > 0 for it in names)
