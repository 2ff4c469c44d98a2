"""What must hold for any facts, any contact and any instant, clock changes included."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rows import CONTACTS

from suppression.contact import Contact, parse
from suppression.policy import Rulebook, decide, load_rules, registries_for, rules_in
from suppression.policy.rulebook import rulebook
from suppression.records import (
    ALL_CHANNELS,
    Attempt,
    Block,
    Channel,
    Facts,
    Lift,
    Listing,
    OptOut,
    Permission,
    Question,
    Reopening,
    Review,
    Verdict,
)

RULES = load_rules()
KEPT = rules_in(RULES.text, RULES.phrases)
Situation = tuple[Facts, Question, tuple[Listing, ...]]
FIRST = datetime(2026, 3, 20, tzinfo=UTC)
MINUTES = 60 * 24 * 380  # from the end of one winter to the end of the next: two clock changes each, a change of law
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
BRANDS = ("acme", "acme", "other", "*")
NUMBERS = [
    parse(CONTACTS[name][0]) for name in ("FR", "RE", "262", "ES", "IT", "GB", "US", "AU-mobile", "JP", "world", "mail")
]

instants = st.integers(0, MINUTES).map(lambda minutes: FIRST + timedelta(minutes=minutes))
maybe_instants = st.none() | instants
brands = st.sampled_from(BRANDS)
revisions = st.integers(1, 9)
scopes = st.sampled_from(
    [ALL_CHANNELS, frozenset({Channel.VOICE}), frozenset({Channel.SMS}), frozenset({Channel.VOICE, Channel.EMAIL})]
)
purposes = st.sampled_from([None, None, "windows", "energy_works"])

some_channels = st.sampled_from([Channel.VOICE, Channel.SMS])
opt_outs = st.builds(OptOut, st.just("opt"), brands, scopes, instants, revisions, st.just("sms"))
reopenings = st.builds(Reopening, brands, some_channels, instants, revisions)
lifts = st.builds(
    Lift,
    id=st.just("lift"),
    asked_by=st.just("ann"),
    at=instants,
    approved_by=st.sampled_from([None, "bob"]),
    revision=revisions,
)
blocks = st.builds(Block, st.just("blk"), st.just("list"), brands, scopes, instants, st.just(""), maybe_instants)
reviews = st.builds(Review, st.just("rev"), st.just("other"), scopes, instants, instants, st.just("sms"))
attempts = st.builds(
    Attempt, st.just("att"), brands, st.sampled_from([Channel.VOICE, Channel.SMS]), instants, st.just("no_answer")
)
permissions = st.builds(
    Permission,
    id=st.just("per"),
    basis=st.sampled_from(["consent", "contract", "callback_request", "appointment"]),
    brand=st.sampled_from(["acme", "acme", "acme", "other"]),
    channels=scopes,
    obtained_at=instants,
    recorded_at=instants,
    revision=revisions,
    purpose=purposes,
    valid_until=maybe_instants,
    appointment=maybe_instants,
    withdrawn_at=st.none() | st.none() | instants,
    shared_with=st.sampled_from([(), ("Phoning",), ("Phoning", "Ring")]),
    automated=st.booleans(),
)


def few(of: st.SearchStrategy[object], most: int) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=most).map(tuple)


files = st.builds(
    Facts,
    revision=st.just(9),
    opt_outs=few(opt_outs, 1) | st.just(()),
    reopenings=few(reopenings, 2),
    lifts=few(lifts, 1),
    blocks=few(blocks, 2),
    permissions=few(permissions, 4),
    reviews=few(reviews, 1),
    attempts=few(attempts, 6),
)
questions = st.builds(
    Question,
    contact=st.sampled_from(NUMBERS),
    channel=st.sampled_from([Channel.VOICE, Channel.VOICE, Channel.SMS, Channel.EMAIL]),
    brand=st.just("acme"),
    at=instants,
    asked_at=st.just(NOW),
    audience=st.sampled_from(["consumer", "business"]),
    purpose=purposes,
    consent_elsewhere=st.sampled_from([False, False, True]),
    caller=st.sampled_from([None, None, "Phoning", "Ring"]),
    automated=st.sampled_from([False, False, True]),
)
dates = st.integers(0, 400).map(lambda days: (FIRST + timedelta(days=days)).date())


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Facts, a question, and what the registries say that it asks (or some of them)."""
    question = draw(questions)
    loaded = [
        Listing(name, draw(st.booleans()), draw(dates))
        for name in registries_for(question, RULES)
        if draw(st.integers(0, 3))
    ]
    return draw(files), question, tuple(loaded)


def ask(situation: Situation, at: datetime | None = None, rules: Rulebook = RULES) -> Verdict:
    facts, question, listings = situation
    asked = replace(question, at=at) if at else question
    return decide(facts, asked, rules, asked.at, listings)


@settings(deadline=None)
@given(situations())
def test_the_kept_text_of_the_rules_answers_as_they_do(situation: Situation) -> None:
    assert ask(situation, rules=KEPT) == ask(situation)


@settings(deadline=None)
@given(situations(), st.sampled_from(["Phoning", "Somebody"]))
def test_a_third_party_is_never_told_more_than_the_brand_itself(situation: Situation, caller: str) -> None:
    facts, question, listings = situation
    if ask((facts, replace(question, caller=caller), listings)).allowed:
        assert ask((facts, replace(question, caller=None), listings)).allowed


@settings(deadline=None)
@given(situations())
def test_a_machine_calls_nobody_without_a_consent_to_that(situation: Situation) -> None:
    facts, question, listings = situation
    asked = replace(question, automated=True, channel=Channel.VOICE, consent_elsewhere=False)
    without = replace(facts, permissions=tuple(replace(it, automated=False) for it in facts.permissions))
    assert not ask((without, asked, listings)).allowed


@settings(deadline=None)
@given(situations())
def test_asking_twice_is_the_same(situation: Situation) -> None:
    assert ask(situation) == ask(situation)


@settings(deadline=None)
@given(situations())
def test_a_verdict_is_whole(situation: Situation) -> None:
    verdict = ask(situation)
    assert verdict.allowed == (not verdict.reasons) == (verdict.basis is not None)
    assert not (verdict.allowed and verdict.retry_at)
    assert all(reason.text and reason.rule for reason in verdict.reasons)
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict  # what is stored is what was said


SUPPRESSIONS = {"opt_outs": opt_outs, "blocks": blocks, "reviews": reviews, "attempts": attempts}


@pytest.mark.parametrize("kind", SUPPRESSIONS)
@settings(max_examples=200, deadline=None)
@given(situation=situations(), data=st.data())
def test_a_suppression_never_turns_deny_into_allow(kind: str, situation: Situation, data: st.DataObject) -> None:
    facts, question, listings = situation
    one = data.draw(SUPPRESSIONS[kind])
    more = replace(facts, **{kind: (*getattr(facts, kind), one)})
    if ask((more, question, listings)).allowed:
        assert ask(situation).allowed


@settings(deadline=None)
@given(situations())
def test_being_listed_never_turns_deny_into_allow(situation: Situation) -> None:
    facts, question, listings = situation
    if ask((facts, question, tuple(replace(one, listed=True) for one in listings))).allowed:
        assert ask((facts, question, tuple(replace(one, listed=False) for one in listings))).allowed


@settings(max_examples=400, deadline=None)
@given(situations(), permissions)
def test_a_permission_never_turns_allow_into_deny(situation: Situation, one: Permission) -> None:
    facts, question, listings = situation
    if ask(situation).allowed:
        assert ask((replace(facts, permissions=(*facts.permissions, one)), question, listings)).allowed


@settings(max_examples=400, deadline=None)
@given(situations(), st.lists(st.floats(0, 1, exclude_max=True), min_size=40, max_size=40))
def test_retry_at_is_the_first_instant_that_is_allowed(situation: Situation, fractions: list[float]) -> None:
    _, question, _ = situation
    verdict = ask(situation)
    if verdict.retry_at is None:
        return
    assert ask(situation, verdict.retry_at).allowed
    assert not ask(situation, verdict.retry_at - timedelta(microseconds=1)).allowed
    wait = verdict.retry_at - question.at - timedelta(microseconds=1)
    assert not any(ask(situation, question.at + wait * fraction).allowed for fraction in fractions)


@settings(max_examples=300, deadline=None)
@given(situations(), st.lists(st.integers(0, 60 * 24 * 60), min_size=40, max_size=40))
def test_where_waiting_does_not_heal_no_later_instant_is_allowed(situation: Situation, minutes: list[int]) -> None:
    verdict = ask(situation)
    if not verdict.allowed and verdict.retry_at is None:
        later = (verdict.question.at + timedelta(minutes=some) for some in minutes)
        assert not any(ask(situation, at).allowed for at in later)


CONSENTED = Facts(1, permissions=(Permission("per", "consent", "acme", ALL_CHANNELS, FIRST, FIRST, 1),))
CHANGES = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))


@settings(deadline=None)
@given(st.sampled_from(CHANGES), st.integers(-60 * 24 * 3, 60 * 24 * 3), st.sampled_from(NUMBERS))
@example(CHANGES[0], 0, NUMBERS[0])
def test_clock_changes_move_no_window(change: datetime, minutes: int, contact: Contact) -> None:
    """The window is one of wall time: it opens at the same hour there on both sides of the night."""
    at = change + timedelta(minutes=minutes)
    question = Question(contact, Channel.VOICE, "acme", at, NOW)
    verdict = ask((CONSENTED, question, ()))
    if verdict.retry_at:
        assert ask((CONSENTED, question, ()), verdict.retry_at).allowed
        assert not ask((CONSENTED, question, ()), verdict.retry_at - timedelta(minutes=1)).allowed


UNKNOWN = rulebook([RULES.strictest.country], dict(RULES.phrases))


@settings(max_examples=300, deadline=None)
@given(situations())
def test_the_strictest_rules_allow_nothing_that_a_country_denies(situation: Situation) -> None:
    """Registries apart: nobody can ask those of a country that nobody knows."""
    facts, question, _ = situation
    question = replace(question, consent_elsewhere=False)
    if decide(facts, question, UNKNOWN, question.at).allowed:
        fresh = tuple(Listing(name, False, question.at.date()) for name in registries_for(question, RULES))
        assert ask((facts, question, fresh)).allowed


@settings(max_examples=200, deadline=None)
@given(instants, st.sampled_from(NUMBERS), st.sampled_from([Channel.VOICE, Channel.SMS]))
def test_the_strictest_hours_lie_within_those_of_every_country(
    at: datetime, contact: Contact, channel: Channel
) -> None:
    consent = Permission("per", "consent", "acme", ALL_CHANNELS, at - timedelta(days=9), at, 1)
    question = Question(contact, channel, "acme", at, NOW)
    if decide(Facts(1, permissions=(consent,)), question, UNKNOWN, at).allowed:
        fresh = tuple(Listing(name, False, at.date()) for name in registries_for(question, RULES))
        assert ask((Facts(1, permissions=(consent,)), question, fresh)).allowed


FAR_AWAY = (datetime(2, 1, 1, tzinfo=UTC), datetime(1582, 10, 15, tzinfo=UTC), datetime(9998, 12, 31, 23, tzinfo=UTC))


@pytest.mark.parametrize("at", FAR_AWAY, ids=str)
@pytest.mark.parametrize("contact", NUMBERS, ids=str)
def test_instants_of_any_century_have_an_answer(at: datetime, contact: Contact) -> None:
    assert ask((CONSENTED, Question(contact, Channel.VOICE, "acme", at, NOW), ())).reasons
