"""Bare commands: every list of the carriers, in any case, with any punctuation, politeness around."""

import pytest

from suppression.intent import Certainty, Label, understand

TWILIO_AWS_CTIA = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "UNSUB",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "REMOVE",
    "ARRET",
    "ARRÊT",
    "FIN",
    "TD",
    "BAJA",
    "PARAR",
    "ALTO",
    "CANCELA",
    "SAIR",
    "STOPP",
    "ABMELDEN",
    "BASTA",
    "CANCELLA",
    "AFMELDEN",
]


@pytest.mark.parametrize("word", [*TWILIO_AWS_CTIA, "STOP ALL", "OPT OUT", "OPT-OUT"])
@pytest.mark.parametrize(
    "shape", ["{}", "{}.", "  {} !!!", '"{}"', "{} please", "{} svp merci", "{}\n\n--\nSent by me"]
)
def test_a_stop_command_always_works(word: str, shape: str) -> None:
    for said in (word, word.lower(), word.title()):
        answer = understand(shape.format(said))
        assert (answer.label, answer.certainty, answer.scope) == (Label.STOP, Certainty.CERTAIN, frozenset())


@pytest.mark.parametrize("word", ["START", "unstop", "Yes", "OUI", "alta", "REPRENDRE", "anmelden", "Sí", "aanmelden"])
def test_a_bare_start_is_certain(word: str) -> None:
    answer = understand(word)
    assert (answer.label, answer.certainty) == (Label.START, Certainty.CERTAIN)


@pytest.mark.parametrize(
    "text",
    ["I changed my mind, put me back on the list", "vous pouvez me rappeler, j'ai changé d'avis", "ho cambiato idea"],
)
def test_a_softer_start_is_not_certain(text: str) -> None:
    answer = understand(text)
    assert (answer.label, answer.certainty) == (Label.START, Certainty.UNSURE)


@pytest.mark.parametrize("word", ["HELP", "info", "Aide", "AYUDA", "Hilfe", "aiuto", "ajuda", "hulp"])
def test_help(word: str) -> None:
    assert understand(word).label is Label.HELP


@pytest.mark.parametrize(
    "text",
    [
        "S\u200bT\u200dO\u2060P",  # zero-width space, joiner and word joiner inside
        "\u202eSTOP\u202c",  # right-to-left override around
        "ＳＴＯＰ",  # full-width letters
        "ЅТОР",  # all four are Cyrillic
        "ΣTOP STΟP",  # a Greek omicron; the first word is none of ours, the second is
        "S.T.O.P",
        "s t o p",
        "$t0p",
        "5T0P",
        "stooooop",
        "STOP STOP STOP",
        "arre\u0302t",  # combining circumflex
        "🛑",
        "🛑🛑🛑",
        "🚫📞",
    ],
)
def test_a_stop_in_disguise(text: str) -> None:
    answer = understand(text)
    assert answer.label is Label.STOP


def test_a_command_names_its_channel() -> None:
    assert understand("stop texting me").scope_text == "sms"


@pytest.mark.parametrize("text", ["STOP SMS", "stop calling me"])
def test_what_the_operators_tell_to_send_covers_everything(text: str) -> None:
    assert understand(text).scope_text == "all"
