"""The telephone, walked as Twilio walks it: keys, words, silence, withheld numbers, outages; and what is on file afterwards."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from call import SILENCE, Call, keys, spoken
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signed import ANNA, OTHERS, OURS, Twilio, denied, empty, events, verdict, words

from suppression.records import Channel
from suppression.texts import say
from tests.conftest import doubtful
from webhooks.speech import VOICES
from webhooks.withheld import is_withheld

OUTBOUND = {"Direction": "outbound-api", "From": OURS, "To": ANNA}
WITHHELD = {"From": "anonymous", "FromCountry": ""}
TYPED = keys("0612345678")


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([keys("9")], "the key"),
        ([keys("99")], "an impatient finger"),
        ([spoken("stop")], "the word"),
        ([spoken("Arrêtez de m'appeler.")], "in other words"),
        ([spoken("ne m'appelez plus")], "in others still"),
        ([{"SpeechResult": "stop"}], "some recognisers tell no confidence"),
        ([{"SpeechResult": "stop", "Confidence": "x"}], "or nonsense"),
        ([keys("1"), keys("9")], "after a repeat"),
        ([SILENCE, keys("9")], "after a silence"),
        ([spoken("stop", "0.12"), keys("9")], "after words badly heard"),
        ([spoken("pardon ?"), spoken("stop")], "after words of nothing"),
        ([keys("9"), keys("0")], "nothing after it counts"),
    ],
)
def test_whoever_wants_out_gets_out(twilio: Twilio, answers: list[Mapping[str, str]], why: str) -> None:
    call = Call(twilio).run(answers)
    assert "C'est enregistré. Acme SAS" in call.heard[-1]
    assert all(denied(twilio, channel=channel) for channel in (Channel.VOICE, Channel.SMS))
    assert events(twilio).count("opted_out") == 1


@pytest.mark.parametrize(
    ("answers", "last", "why"),
    [
        ([], "nothing_done", "two silences: somebody's pocket called"),
        ([SILENCE, SILENCE, keys("9")], "nothing_done", "the call is over by then"),
        ([keys("0")], "bye", "the way out"),
        ([keys("5")], "bye", "a key that means nothing"),
        ([keys("#")], "bye", "the hash key"),
        ([keys("9A")], "bye", "no key press at all"),
        ([keys("९")], "bye", "a nine of another script is no key"),
        ([keys("1")] * 9, "nothing_done", "a child at the telephone: the menu ends at last"),
        ([spoken("stop", "0.2")] * 9, "nothing_done", "never heard well enough to act"),
        ([spoken("oui")] * 9, "nothing_done", "a yes answers no question of ours"),
    ],
)
def test_whoever_does_not_say_stop_is_not_opted_out(
    twilio: Twilio, answers: list[Mapping[str, str]], last: str, why: str
) -> None:
    call = Call(twilio).run(answers)
    assert call.heard[-1] == say("voice", last, "fr")
    assert words(twilio) == []


def test_words_that_mean_nothing_are_kept_and_asked_again(twilio: Twilio) -> None:
    Call(twilio).run([spoken("allô, qui est à l'appareil ?")])
    assert not denied(twilio)
    assert set(events(twilio)) == {"heard"}


def test_a_doubt_pauses_the_contact_and_is_asked_about_again(twilio: Twilio) -> None:
    call = Call(twilio).run([spoken(doubtful())])
    assert say("voice", "unclear", "fr") in call.heard
    assert "pending_review" in {it.code for it in verdict(twilio).reasons}
    assert not denied(twilio)


def test_a_narrower_wish_is_repeated_as_it_was_said(twilio: Twilio) -> None:
    call = Call(twilio).run([spoken("plus d'appels, mais vous pouvez m'envoyer des sms")])
    assert "les appels" in call.heard[-1]
    assert denied(twilio, channel=Channel.VOICE)
    assert not denied(twilio)


@pytest.mark.parametrize("said", ["oui", "start", "reprendre", "yes", "start svp"])
def test_no_spoken_word_reopens_a_contact(twilio: Twilio, said: str) -> None:
    """ "Start" is what a recogniser makes of a mumbled "stop"."""
    Call(twilio, "CA1").run([keys("9")])
    Call(twilio, "CA2").run([spoken(said)])
    assert denied(twilio, channel=Channel.VOICE)


def test_an_erasure_request_is_taken_by_telephone(twilio: Twilio) -> None:
    call = Call(twilio).run([spoken("supprimez toutes mes données personnelles")])
    assert "sous un mois" in call.heard[-1]
    assert denied(twilio)


@pytest.mark.parametrize(
    ("sender", "lang"),
    [
        (ANNA, "fr"), ("+32470123456", "fr"), ("+262692123456", "fr"), ("+447700900123", "en"), ("+4915112345678", "en"),
        ("+12125550123", "en"),
    ],
)  # fmt: skip
def test_french_for_french_speaking_places_and_english_elsewhere(twilio: Twilio, sender: str, lang: str) -> None:
    call = Call(twilio, fields={"From": sender}).run([keys("9")])
    assert call.heard == [
        say("voice", "greeting", lang, brand="Acme SAS"),
        say("voice", "stopped", lang, brand="Acme SAS"),
    ]
    assert denied(twilio, sender, Channel.VOICE)


def test_the_number_that_was_called_names_the_brand(twilio: Twilio) -> None:
    call = Call(twilio, fields={"To": OTHERS}).run([keys("9")])
    assert "Zénith & Co" in call.heard[0]
    assert (denied(twilio, brand="zenith"), denied(twilio, brand="acme")) == (True, False)


@pytest.mark.parametrize("direction", ["outbound-api", "outbound-dial"])
def test_in_a_call_of_ours_the_person_is_the_one_called(twilio: Twilio, direction: str) -> None:
    Call(twilio, fields={**OUTBOUND, "Direction": direction}).run([keys("9")])
    assert denied(twilio)
    assert not denied(twilio, OURS)


def test_the_gather_hears_keys_and_words(twilio: Twilio) -> None:
    reply = twilio.post("/voice", Call(twilio).base()).get_data(as_text=True)
    for attribute in (
        'input="dtmf speech"',
        'numDigits="1"',
        'language="fr-FR"',
        'speechTimeout="auto"',
        'hints="stop,',
        'voice="Polly.',
    ):
        assert attribute in reply


@pytest.mark.parametrize("answers", [[keys("9")], [spoken("stop")], [spoken("bonjour"), spoken("stop")]])
def test_a_step_that_is_replayed_is_one_event(twilio: Twilio, answers: Sequence[Mapping[str, str]]) -> None:
    call = Call(twilio).run(answers)
    once = events(twilio)
    again = twilio.post(call.urls[-1], {**call.base(), **answers[-1]})
    assert call.heard[-1] in again.get_data(as_text=True)
    assert events(twilio) == once


def test_another_call_is_another_event(twilio: Twilio) -> None:
    Call(twilio, "CA1").run([keys("9")])
    Call(twilio, "CA2").run([keys("9")])
    assert events(twilio) == ["opted_out", "repeated"]


def test_while_the_store_is_away_the_journal_keeps_the_word(twilio: Twilio) -> None:
    with twilio.outage():
        for sid, answer in (("CA1", keys("9")), ("CA2", spoken("stop"))):
            assert Call(twilio, sid).run([answer]).heard[-1] == say("voice", "stopped", "fr", brand="Acme SAS")
    assert denied(twilio)


def test_where_several_hosts_serve_it_is_kept_but_not_in_effect(start) -> None:
    twilio = start(STOPLISTE_HOSTS="many")
    with twilio.outage():
        assert Call(twilio).run([keys("9")]).heard[-1] == say("voice", "kept", "fr")
        assert Call(twilio, "CA2").run([spoken("stop")]).heard[-1] == say("voice", "kept", "fr")
    assert denied(twilio)


@pytest.mark.parametrize("answers", [[keys("9")], [spoken("stop")]])
def test_a_caller_whom_nothing_can_take_in_hears_that_it_failed(start, answers: list[Mapping[str, str]]) -> None:
    twilio = start()
    with twilio.outage(), twilio.lost_journal():
        assert Call(twilio).run(answers).heard[-1] == say("voice", "failed", "fr")
    assert not denied(twilio)


def test_words_of_nothing_cannot_be_kept_in_an_outage(twilio: Twilio) -> None:
    with twilio.outage():
        assert Call(twilio).run([spoken("bonjour")]).heard[-1] == say("voice", "failed", "fr")


@pytest.mark.parametrize(
    "sender",
    [
        "anonymous",
        "Anonymous",
        "+266696687",  # ANONYMOUS on a keypad, as older networks send it
        "+7378742833",  # RESTRICTED, which looks like Russia
        "+86282452253",  # UNAVAILABLE, which looks like China
        "+8656696",  # UNKNOWN
        "+2562533",  # BLOCKED
        "Restricted",
        "unavailable",
        "Unknown",
        "",
        "sip:box@example.com",
        "client:box",
        "36105",
    ],
)
def test_a_caller_without_a_number_types_it_hears_it_and_confirms(twilio: Twilio, sender: str) -> None:
    call = Call(twilio, fields={"From": sender}).run([TYPED, keys("1")])
    assert call.heard == [
        say("voice", "type_number", "fr", brand="Acme SAS"),
        say("voice", "read_back", "fr", number="0, 6, 1, 2, 3, 4, 5, 6, 7, 8"),
        say("voice", "stopped", "fr", brand="Acme SAS"),
    ]
    assert denied(twilio)
    assert len(words(twilio)) == 1


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([keys("0612"), TYPED, keys("1")], "too short at first"),
        ([SILENCE, TYPED, keys("1")], "took a moment"),
        ([keys("0698765432"), keys("2"), TYPED, keys("1")], "typed another number, and said so"),
        ([TYPED, SILENCE, keys("1")], "listened to it twice"),
        ([TYPED, keys("7"), keys("1")], "pressed a key that means nothing"),
        ([keys("0033612345678"), keys("1")], "with the country"),
        ([keys("612345678"), keys("1")], "without the zero"),
        ([keys("0*6*12345678"), keys("1")], "with stars between"),
    ],
)
def test_the_number_that_was_confirmed_is_opted_out(twilio: Twilio, answers: list[Mapping[str, str]], why: str) -> None:
    Call(twilio, fields=WITHHELD).run(answers)
    assert denied(twilio)
    assert not denied(twilio, "+33698765432")
    assert words(twilio) == ["opted_out"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([], "says nothing at all"),
        ([TYPED], "hangs on, but never confirms"),
        ([TYPED, keys("2"), TYPED, keys("2"), TYPED, keys("2"), TYPED, keys("1")], "retypes more than three times"),
        ([keys("1")] * 9, "never types a number"),
        ([keys("9" * 400)] * 9, "leans on a key"),
        ([keys("112"), keys("112"), keys("112")], "an emergency number"),
        ([TYPED, SILENCE, SILENCE, SILENCE, keys("1")], "confirms too late"),
    ],
)
def test_without_a_confirmation_nobody_is_opted_out(twilio: Twilio, answers: list[Mapping[str, str]], why: str) -> None:
    assert Call(twilio, fields=WITHHELD).run(answers).heard[-1] == say("voice", "give_up", "fr")
    assert words(twilio) == []


def test_a_typed_number_is_read_in_the_country_of_the_brand(twilio: Twilio) -> None:
    call = Call(twilio, fields={**WITHHELD, "To": OTHERS}).run([keys("07700900123"), keys("1")])
    assert say("voice", "read_back", "en", number="0, 7, 7, 0, 0, 9, 0, 0, 1, 2, 3") in call.heard
    assert denied(twilio, "+447700900123", brand="zenith")


def test_no_address_shows_the_typed_number(twilio: Twilio) -> None:
    """Addresses stand in access logs."""
    call = Call(twilio, fields=WITHHELD).run([TYPED, keys("1")])
    assert not [it for it in call.urls if "612345678" in it]


@pytest.mark.parametrize("number", ["", "+33698765432", "gAAAA", "é"])
def test_a_number_that_we_did_not_seal_is_asked_for_again(twilio: Twilio, number: str) -> None:
    reply = twilio.post(f"{twilio.public}/webhooks/twilio/voice?step=confirm&tries=1&number={number}".replace("é", "%C3%A9"),
                        {**Call(twilio, fields=WITHHELD).base(), "Digits": "1"})  # fmt: skip
    assert say("voice", "type_again", "fr") in reply.get_data(as_text=True)
    assert words(twilio) == []


def test_an_outage_after_the_confirmation_is_told(twilio: Twilio) -> None:
    with twilio.outage(), twilio.lost_journal():
        assert Call(twilio, fields=WITHHELD).run([TYPED, keys("1")]).heard[-1] == say("voice", "failed", "fr")


def test_a_rotation_in_the_middle_of_a_call_loses_nothing(start, tmp_path: Path) -> None:
    old, new = "o" * 32, "n" * 32
    before = start(tmp_path, TWILIO_AUTH_TOKEN=old)
    before.token = old
    call = Call(before, fields=WITHHELD)
    document = before.post("/voice?step=typed&tries=1", {**call.base(), **TYPED}).get_data(as_text=True)
    url = document.split('action="')[1].split('"')[0].replace("&amp;", "&")
    after = start(tmp_path, TWILIO_AUTH_TOKEN=f"{new},{old}")
    after.token = new
    after.post(f"{after.public}{url}", {**call.base(), "Digits": "1"})
    assert denied(after)


@pytest.mark.parametrize(
    "query",
    ["?step=nowhere", "?step=menu&turn=x&quiet=-1", "?step=menu&turn=999", "?step=typed", "?step=confirm", "?step="],
)
def test_an_address_that_makes_no_sense_is_answered_all_the_same(twilio: Twilio, query: str) -> None:
    assert twilio.post(f"/voice{query}", Call(twilio).base()).status_code == 200
    assert words(twilio) == []


def test_a_huge_speech_result_is_taken(twilio: Twilio) -> None:
    Call(twilio).run([spoken("stop " + "bla " * 20_000)])
    assert len(events(twilio)) == 1


def test_below_a_path_the_steps_stay_below_it(start) -> None:
    twilio = start(STOPLISTE_PUBLIC_URL="https://example.com/stop")
    reply = twilio.post("/voice", Call(twilio).base())
    assert 'action="/stop/webhooks/twilio/voice?' in reply.get_data(as_text=True)


PRESSES = st.lists(st.sampled_from([SILENCE, keys("0"), keys("1"), keys("2"), keys("9"), keys("0612345678"), spoken("stop"),
                                    spoken("oui"), spoken("stop", "0.1"), spoken("bonjour")]), max_size=12)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=PRESSES, sender=st.sampled_from([ANNA, "anonymous"]))
def test_every_call_ends_and_its_last_words_are_true(
    twilio: Twilio, answers: list[Mapping[str, str]], sender: str
) -> None:
    empty(twilio)
    call = Call(twilio, fields={"From": sender}).run(answers)
    stopped = "C'est enregistré" in call.heard[-1]
    assert call.ended
    assert stopped == ("opted_out" in words(twilio))
    assert all(parse_qs(urlsplit(it).query).keys() <= {"step", "turn", "quiet", "tries", "number"} for it in call.urls)


def test_the_words_for_withheld_are_known_in_digits_too() -> None:
    assert all(is_withheld(it) for it in ("+266696687", "+7378742833", "+86282452253", "PRIVATE", ""))
    assert not is_withheld(ANNA)


def test_every_language_says_everything() -> None:
    spoken_texts = tomllib.loads(files("suppression.texts").joinpath("voice.toml").read_text(encoding="utf-8"))
    assert spoken_texts["fr"].keys() == spoken_texts["en"].keys()
    assert set(VOICES) <= set(spoken_texts)
