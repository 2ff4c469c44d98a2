"""What a person may ask for: a copy that can be read, a correction, an answer in time; and what agents may ask about a verdict."""

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest

from suppression.contact import parse
from suppression.errors import InvalidRequest, NotFound
from suppression.history import Change
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Message, Service, Terms
from suppression.texts import languages, say
from tests.conftest import TUESDAY, Clock, doubtful
from wiring import Program

OLD, NEW, EMAIL = "+33639980001", "+33639980002", "anna@example.org"
SMS, VOICE = frozenset({Channel.SMS}), frozenset({Channel.VOICE})
EVIL = '<script>alert("x")</script>'


def said(text: str, key: str, contact: str = OLD, channel: Channel = Channel.SMS) -> Message:
    return Message(parse(contact), text, channel, "default", key)


def permit(service: Service, contact: str = OLD, channels: frozenset[Channel] = VOICE, **more: Any) -> str:
    given = {"brand": "default", "channels": channels, "obtained_at": TUESDAY, "proof": {"form": "paper 12"}, **more}
    return str(service.permit(parse(contact), more.pop("basis", "consent"), "alice", **given).answer["id"])


def codes(service: Service, contact: str, channel: Channel = Channel.VOICE) -> list[str]:
    return [it.code for it in service.check(contact, Terms(channel)).reasons]


# ---- explain, notice


def test_an_explanation_leaves_no_trace_and_shows_no_number(program: Program) -> None:
    service = program.service
    service.hear(said("STOP", "1"))
    before = service.stats()
    french, english = (service.explain(OLD, Terms(lang=it)) for it in ("fr", "en"))
    assert french.startswith("NON")
    assert english.startswith("NO")
    assert "FR-3" in french
    assert "639980001" not in french + english
    assert service.stats() == before


def test_an_explanation_says_what_the_check_says(program: Program) -> None:
    permit(program.service)
    assert program.service.explain(OLD, Terms()).startswith("OUI")
    sunday = Terms(at=TUESDAY + timedelta(days=5), lang="en")
    assert [it.code for it in program.service.check(OLD, sunday).reasons] == ["outside_hours"]
    assert program.service.explain(OLD, sunday).count("✗") == 1
    assert program.service.explain("nobody", Terms()).startswith("NON")


def test_a_notice_names_the_controller_of_the_brand(build: Callable[..., Program], tmp_path: Path) -> None:
    file = tmp_path / "brands.toml"
    file.write_text('[brands.default]\nprivacy = { controller = "Acme SAS, Lyon", contact = "dpo@acme.example" }\n')
    service = build(STOPLISTE_BRANDS=str(file)).service
    for lang in ("fr", "en"):
        text = service.notice(lang)
        assert "Acme SAS, Lyon" in text
        assert "dpo@acme.example" in text
    assert "L. 223-2" in service.notice("fr")
    assert service.notice("fr", "DE") != service.notice("fr")


# ---- dossier


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("lang", languages("dossier"))
@pytest.mark.parametrize("kind", get_args(Change))
def test_every_event_has_a_sentence(kind: type, lang: str) -> None:
    tag = kind.__struct_config__.tag  # type: ignore[attr-defined]
    values = dict.fromkeys(("brand", "channels", "via", "list", "basis", "reason", "decision", "outcome", "kind"), "…")
    assert say("dossier", f"event_{tag}", lang, **values)


def eventful(service: Service) -> None:
    service.hear(said(f"arrêtez {EVIL}", "1"))
    service.hear(said("START", "2"))
    service.block(parse(OLD), "litigation", "alice", reason=EVIL)
    permit(service, proof={"form": EVIL, "ip": "192.0.2.1"})
    service.attempt(parse(OLD), Channel.VOICE, "no_answer", brand="default", agent="zoe")
    service.open_request(parse(OLD), "access", "alice", brand="default", via="letter", words="lettre du 3 mars")
    service.ask_lift(parse(OLD), "typed by mistake", "alice")
    service.check(OLD, Terms(agent="zoe", purpose="insurance"))


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("fr", ["Vos oppositions", "Vous vous êtes opposé", "un consentement", "« litigation »", "24/11/2026 à 11:00", "zoe"]),
        ("en", ["Your objections", "You objected", "“litigation”", "insurance", "192.0.2.1"]),
    ],
)  # fmt: skip
def test_the_page_tells_all_of_it_in_the_persons_language_and_escapes_it(
    program: Program, lang: str, words: list[str]
) -> None:
    eventful(program.service)
    page = program.service.dossier_page(parse(OLD), lang)
    assert not [it for it in words if it not in page]
    assert OLD in page
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 4  # the words, the block twice, the proof
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "body",
        "main",
        "h1",
        "h2",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "br",
    }
    found = Tags(page).found
    assert {tag for tag, _ in found} <= allowed
    assert {name for _, attributes in found for name in attributes} == {"lang", "charset", "border", "scope"}


def test_the_page_is_in_the_language_the_person_wrote_in(program: Program) -> None:
    service = program.service
    assert '<html lang="fr">' in service.dossier_page(parse(OLD))
    service.hear(Message(parse(OLD), "STOP", Channel.SMS, "default", "1", lang="en"))
    assert '<html lang="en">' in service.dossier_page(parse(OLD))
    assert '<html lang="en">' in service.dossier_page(parse("+4915112345678"))  # no German texts yet
    assert "Rien n'est enregistré" in re.sub("&#x27;", "'", service.dossier_page(parse(NEW)))


def test_the_copy_of_a_consent_holds_its_proof(program: Program) -> None:
    service = program.service
    id_ = permit(service, source="fair 2026")
    copy = service.permission(id_)
    assert (copy["contact"], copy["proof"], copy["source"]) == (OLD, {"form": "paper 12"}, "fair 2026")
    service.withdraw(id_, "alice")
    assert service.permission(id_)["withdrawn_at"]
    for unknown in ("prm_0000", "x", "prm_991234"):
        with pytest.raises(NotFound):
            service.permission(unknown)


# ---- rectification


def test_what_forbids_goes_along_and_what_permits_moves(program: Program) -> None:
    service = program.service
    service.opt_out(parse(OLD), "default", SMS, "sms", words="plus de SMS")
    service.block(parse(OLD), "litigation", "alice", reason="see file")
    id_ = permit(service)
    service.attempt(parse(OLD), Channel.VOICE, "no_answer", brand="default")
    answer = service.rectify(parse(OLD), parse(NEW), "alice").answer
    assert answer["carried"] == {"opt_outs": 1, "blocks": 1, "reviews": 0, "attempts": 1, "permissions": 1}
    assert codes(service, NEW) == ["blocked"]
    assert "opted_out" in codes(service, NEW, Channel.SMS)
    assert codes(service, OLD) == ["blocked", "no_consent"]
    assert "opted_out" in codes(service, OLD, Channel.SMS)
    assert service.permission(id_)["withdrawn_at"]
    old, new = service.dossier(parse(OLD)), service.dossier(parse(NEW))
    assert (old["linked"], new["linked"]) == ([NEW], [OLD])
    assert [it["side"] for file in (old, new) for it in file["events"] if it["type"] == "rectified"] == ["old", "new"]
    privates = [it["private"] for it in new["events"] if "private" in it]
    told = [it.get("words") or it.get("reason") or it["proof"] for it in privates]
    assert told == ["plus de SMS", "see file", {"form": "paper 12"}]


def test_once_or_thrice_is_the_same(program: Program) -> None:
    service = program.service
    service.hear(said("STOP", "1"))
    service.block(parse(OLD), "litigation", "alice")
    first = service.rectify(parse(OLD), parse(NEW), "alice")
    facts = service.dossier(parse(NEW))["facts"]
    again = service.rectify(parse(OLD), parse(NEW), "alice")
    assert (again.answer, again.repeated) == (first.answer, True)
    assert service.dossier(parse(NEW))["facts"] == facts


def test_a_stop_since_on_the_new_address_is_one_on_the_old(program: Program) -> None:
    service = program.service
    permit(service)
    service.rectify(parse(OLD), parse(NEW), "alice")
    service.hear(said("STOP", "1", NEW))
    assert "opted_out" in codes(service, OLD)


@pytest.mark.parametrize(
    ("at_old", "at_new", "denied"),
    [
        ("STOP", "", True),
        ("STOP START", "", False),  # the person took it back on this channel
        ("STOP permit", "", False),  # the consent reopened it, and goes along
        ("permit STOP", "", True),
        ("permit", "STOP", True),  # a consent given to another address never reopens this one's STOP
        ("STOP permit", "STOP", True),
        ("permit", "STOP START", False),
        ("STOP", "START", True),
        ("STOP", "permit", True),  # recorded before the STOP came along
        ("STOP lift", "", False),
    ],
)
def test_nothing_is_weakened_and_what_was_taken_back_stays_so(
    program: Program, clock: Clock, at_old: str, at_new: str, denied: bool
) -> None:
    service = program.service
    for place, words in ((NEW, at_new), (OLD, at_old)):
        for word in words.split():
            clock.forward(minutes=1)
            if word == "permit":
                permit(service, place, SMS, obtained_at=clock.now)
            elif word == "lift":
                service.approve_lift(service.ask_lift(parse(place), "see ticket", "a").answer["id"], "b")
            else:
                service.hear(said(word, f"{place} {words} {word}", place))
    clock.forward(minutes=1)
    for _ in range(2):
        service.rectify(parse(OLD), parse(NEW), "alice")
        assert ("opted_out" in codes(service, NEW, Channel.SMS)) is denied


def test_a_waiting_review_pauses_the_new_address_as_well(program: Program) -> None:
    service = program.service
    assert service.hear(said(doubtful(), "1")).what == "asked"
    service.rectify(parse(OLD), parse(NEW), "alice")
    assert "pending_review" in codes(service, NEW)
    assert len({str(it["words"]) for it in service.reviews()}) == 1


def test_the_calls_already_made_count_for_the_new_address(program: Program) -> None:
    service = program.service
    permit(service)
    for _ in range(4):
        service.attempt(parse(OLD), Channel.VOICE, "no_answer", brand="default")
    service.rectify(parse(OLD), parse(NEW), "alice")
    assert codes(service, NEW) == ["frequency_cap"]


def test_an_address_nobody_knows_cannot_be_rectified(program: Program) -> None:
    service = program.service
    with pytest.raises(NotFound):
        service.rectify(parse(OLD), parse(NEW), "alice")
    service.hear(said("STOP", "1"))
    with pytest.raises(InvalidRequest):
        service.rectify(parse(OLD), parse(OLD), "alice")
    service.rectify(parse(OLD), parse(EMAIL), "alice")
    service.erase(parse(OLD), "alice")
    with pytest.raises(NotFound):
        service.rectify(parse(OLD), parse(NEW), "alice")
    assert service.verify_ledger().broken is None


# ---- requests


def test_requests_are_listed_by_urgency_and_closed_once(program: Program, clock: Clock) -> None:
    service = program.service
    service.hear(said("effacez toutes mes données personnelles", "1"))
    clock.forward(days=20)
    service.open_request(parse(EMAIL), "access", "alice", brand="default", via="letter", key="k")
    assert service.open_request(parse(EMAIL), "access", "alice", brand="default", via="letter", key="k").repeated
    first, second = service.requests()
    assert (first["kind"], second["kind"], second["contact"]) == ("erasure", "access", "a***@e***.org")
    assert (first["due"] - first["at"]).days == 30
    assert service.requests_due_soon() == []
    clock.forward(days=4)
    assert [it["overdue"] for it in service.requests_due_soon()] == [False]
    clock.forward(days=10)
    assert [it["overdue"] for it in service.requests_due_soon()] == [True]
    service.close_request(first["id"], "alice")
    with pytest.raises(NotFound):
        service.close_request(first["id"], "alice")
    assert [it["id"] for it in service.requests()] == [second["id"]]
    service.erase(parse(EMAIL), "alice")
    assert service.requests() == []


# ---- scrubs


def test_a_scrub_decides_as_a_check_does_and_leaves_one_event(program: Program) -> None:
    service = program.service
    service.hear(said("STOP", "1"))
    permit(service, NEW)
    given = [OLD, NEW, "nobody", EMAIL]
    before = service.stats()["asked"]
    found = service.scrub(given, Terms())
    assert service.stats()["asked"] == before
    assert [[one.code for one in it.reasons] for it in found] == [
        [one.code for one in it.reasons] for it in service.check_many(given, Terms())
    ]
    receipt = service.scrubbed("ab" * 32, Terms(purpose="insurance"), service.now(), 4, 1, by="alice", source="crm")
    [event] = [it for it in service.feed(None, 100)[0] if it["type"] == "scrubbed"]
    assert (event["id"], event["by"], event["brand"]) == (receipt.event_id, "alice", "default")
    assert service.seal()
    assert service.verify_ledger().broken is None


def test_nobody_can_be_the_installation(program: Program) -> None:
    """Its contact begins with a space, which no sender's name does."""
    service = program.service
    service.scrubbed("ab" * 32, Terms(), service.now(), 1, 1, by="alice")
    before = len(service.feed(None, 100)[0])
    service.opt_out(parse(EMAIL), "default", ALL_CHANNELS, "api")
    service.check(" the installation", Terms())
    assert len(service.feed(None, 100)[0]) == before + 1
    assert service.stats()["asked"] == 1
