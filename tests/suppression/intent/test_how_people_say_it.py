"""What people mean by it: one line a behaviour, with the reason where the words alone do not show it."""

import pytest

from suppression.intent import Certainty, Label, understand

STOPS = [
    "merci de ne plus m'appeler",
    "fou moi la pai",
    "je veux plus être rappeler",  # speech-to-text writes the infinitive
    "arretez de mapeler svp",  # text speak swallows the apostrophe
    "take me of ur list",
    "Please don't contact me any more",
    "lose my number",
    "how do I get off this list",  # asking how is asking to
    "no quiero recibir más mensajes",
    "quítenme de su lista por favor",
    "Bitte rufen Sie mich nicht mehr an",
    "Löschen Sie meine Nummer aus Ihrer Kartei",
    "Loeschen Sie mich bitte aus dem Verteiler",  # umlauts written out
    "ho detto basta con queste telefonate",
    "toglietemi dalla vostra lista",
    "parem de me ligar",
    "nunca mais quero ouvir falar de vocês",
    "wilt u mij niet meer bellen",
    "haal me van die lijst af",
    "Si vous rappelez encore je porte plainte",  # a threat tied to the next contact
    "wrong number, stop calling",
]
NOT_STOPS = [
    "stop by at 5?",
    "don't stop the offers",
    "can you call back later",
    "why did you stop calling me?",
    "please cancel my appointment on Tuesday",
    "arrêt de bus devant la mairie",
    "annulez mon rdv de mardi",
    "ne m'appelez pas avant 18h",  # a time limit, not a refusal
    "n'arrêtez pas les promos",
    "rappelez plus tard",
    "à la fin du mois",
    "no me llames antes de las 9",
    "para el coche un momento",
    "Die Haltestelle ist am Ende der Straße",
    "alla fine del mese",
    "no fim de semana estou fora",
    "aan het einde van de maand",
    "> Répondez STOP pour ne plus recevoir nos offres\n\nOui pour jeudi 14h",  # the quote decides nothing
]


@pytest.mark.parametrize("text", STOPS)
def test_a_refusal_is_certain(text: str) -> None:
    answer = understand(text)
    assert (answer.label, answer.certainty) == (Label.STOP, Certainty.CERTAIN)
    assert answer.why


@pytest.mark.parametrize("text", NOT_STOPS)
def test_no_refusal(text: str) -> None:
    assert understand(text).label is not Label.STOP


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("plus de SMS mais vous pouvez appeler", "sms"),
        ("No more texts, calls are fine", "sms"),
        ("Ni appel ni sms, un mail suffit", "sms,voice"),
        ("merci de ne plus me contacter", "all"),
        ("no more calls or texts or anything", "all"),
        ("stop calling me", "all"),  # to call is to contact
        ("basta con queste telefonate", "all"),
        ("ne me contactez plus par téléphone", "voice"),  # the telephone named as a way
        ("no contact by phone please", "voice"),
        ("keine WhatsApp mehr bitte, Mail ist ok", "chat"),
    ],
)
def test_a_narrowed_wish_is_honoured_as_said(text: str, scope: str) -> None:
    assert understand(text).scope_text == scope


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("merci de ne plus m'appeler", "fr"),
        ("please do not call me again", "en"),
        ("no me llamen más por favor", "es"),
        ("bitte rufen Sie mich nicht mehr an", "de"),
        ("non chiamatemi più", "it"),
        ("não me liguem mais por favor", "pt"),
        ("bel mij niet meer alstublieft", "nl"),
    ],
)
def test_the_language_is_found(text: str, lang: str) -> None:
    assert understand(text).lang == lang


@pytest.mark.parametrize(
    "text", ["", "...", "?!", "👍", "ok", "merci", "hello", "Dupont", "quoi", "12/05 14h", "salut ça va", "no"]
)
def test_a_message_without_a_wish_opens_no_review(text: str) -> None:
    answer = understand(text)
    assert (answer.label, answer.certainty) == (Label.NONE, Certainty.CERTAIN)


def test_the_given_language_is_kept() -> None:
    assert understand("STOP", "de").lang == "de"


def test_later_is_not_never() -> None:
    answer = understand("je suis en réunion, rappelez plus tard")
    assert (answer.label, answer.not_now) == (Label.NONE, True)


def test_a_wrong_number_is_told_apart() -> None:
    assert understand("Vous avez le mauvais numéro").wrong_number
    assert not understand("merci de ne plus m'appeler").wrong_number


def test_all_brands() -> None:
    assert understand("Stop calling me, and that goes for all your companies").all_brands
    assert not understand("Stop calling me").all_brands


def test_my_data_is_not_my_number() -> None:
    assert understand("Supprimez toutes mes données personnelles").label is Label.ERASE
    assert understand("Delete my number").label is Label.STOP
