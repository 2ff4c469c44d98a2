"""What customers write to the bot, what they read, and what is on file then."""

import tomllib
from importlib.resources import files
from string import Formatter

import pytest
from world import NOW, Person, World, facts, new_id

import wiring
from suppression.intent import Certainty, Label, understand
from suppression.records import ALL_CHANNELS, Channel
from suppression.service import Terms
from suppression.texts import languages, say
from tests.conftest import doubtful


def denied(program: wiring.Program, contact: str) -> bool:
    verdict = program.service.check(contact, Terms(Channel.SMS, audience="business"))
    return "opted_out" in [it.code for it in verdict.reasons]


@pytest.mark.parametrize(
    ("text", "lang", "answer_lang", "answer"),
    [
        ("stop", "fr", "fr", "stopped"),
        ("STOP", None, "fr", "stopped"),  # Telegram says no language: the brand's first
        ("stop", "de", "de", "stopped"),  # one word has no language of its own: Telegram's
        ("stop", "zh", "fr", "stopped"),  # a language that nobody here speaks
        ("🛑 STOP", "en", "en", "stopped"),  # the button
        ("/stop", "nl", "nl", "stopped"),
        ("/Stop@acme_bot", "nl", "nl", "stopped"),
        ("/start stop", "es", "es", "stopped"),  # t.me/bot?start=stop
        ("Arrêtez de m'écrire s'il vous plaît", "en", "fr", "stopped"),  # the words are French, whatever the phone is
        ("/start", "it", "it", "help"),  # opening the bot is no wish to be contacted again
        ("START", "pt", "pt", "started"),
        ("/start spring-campaign", "fr", "fr", "nothing"),  # a link's payload is not the person's word
        ("/help", "en", "en", "help"),
        ("Merci beaucoup pour votre aide, c'était très bien", "fr", "fr", "nothing"),
        ("effacez toutes mes données personnelles", "fr", "fr", "erasure"),
    ],
)
def test_words_are_understood_and_answered(
    world: World, program: wiring.Program, text: str, lang: str | None, answer_lang: str, answer: str
) -> None:
    person = Person(world, new_id(), lang)
    read = person.says(text)
    assert read == say("bot", answer, answer_lang)
    assert bool(facts(program, person.contact).opt_outs) == (answer in ("stopped", "erasure"))


def test_a_stop_covers_all_channels_and_a_second_one_is_a_success(customer: Person, program: wiring.Program) -> None:
    assert customer.says("stop") == customer.says("STOP svp") == say("bot", "stopped", "fr")
    [opt_out] = facts(program, customer.contact).opt_outs
    assert (opt_out.channels, opt_out.brand, opt_out.via) == (ALL_CHANNELS, "default", "telegram")
    assert int(opt_out.at.timestamp()) == NOW  # when it was sent, not when it was read


def test_a_narrower_wish_is_honoured_as_said(customer: Person, program: wiring.Program) -> None:
    assert "SMS" in customer.says("plus de SMS, mais vous pouvez m'appeler")
    assert facts(program, customer.contact).opt_outs[0].channels == {Channel.SMS}


def test_start_brings_telegram_back_and_nothing_else(customer: Person, program: wiring.Program) -> None:
    customer.says("stop")
    assert customer.says("START") == say("bot", "started", "fr")
    [reopened] = facts(program, customer.contact).reopenings
    assert reopened.channel == Channel.TELEGRAM


def test_the_keyboard_has_stop_and_after_a_stop_the_phone(customer: Person, world: World) -> None:
    for text, has_phone in (("bonjour", False), ("stop", True), ("START", False)):
        customer.says(text)
        markup = world.api.calls[-1].data["reply_markup"]
        assert ('"request_contact":true' in markup.replace(" ", "")) == has_phone
        assert "STOP" in markup


@pytest.mark.parametrize("lang", languages("bot"))
def test_the_buttons_label_is_a_stop_by_itself(lang: str) -> None:
    meant = understand(say("bot", "stop_button", lang))
    assert (meant.label, meant.certainty, meant.scope) == (Label.STOP, Certainty.CERTAIN, frozenset())


@pytest.mark.parametrize("plus", ["", "+"])  # Telegram writes both
def test_ones_own_card_opts_the_phone_out(customer: Person, program: wiring.Program, phone: str, plus: str) -> None:
    customer.says("stop")
    read = customer.sends(contact={"phone_number": plus + phone[1:], "first_name": "Zoé", "user_id": customer.id})
    assert read == say("bot", "phone_stopped", "fr", phone=f"+33*******{phone[-2:]}")
    assert denied(program, phone)


def test_a_later_stop_reaches_the_shared_phone(customer: Person, program: wiring.Program, phone: str) -> None:
    customer.sends(contact={"phone_number": phone, "first_name": "Zoé", "user_id": customer.id})
    customer.says("stop")
    assert facts(program, customer.contact).opt_outs
    assert len(program.service.dossier(program.service.contact(phone))["events"]) == 3  # linked, opted out, said again


@pytest.mark.parametrize(
    ("card", "answer"),
    [
        ({"phone_number": "33639981234", "first_name": "Max", "user_id": 31337}, "foreign_card"),
        ({"phone_number": "33639981234", "first_name": "Max"}, "foreign_card"),  # not on Telegram: nobody vouches
        ({"phone_number": "88801", "first_name": "Zoé", "user_id": None}, "bad_card"),
        ({"phone_number": "", "first_name": "Zoé", "user_id": None}, "bad_card"),
    ],
)
def test_any_other_card_changes_nothing(
    customer: Person, program: wiring.Program, card: dict[str, object], answer: str
) -> None:
    own = {"user_id": customer.id} if card.get("user_id", 0) is None else {}
    assert customer.sends(contact={**card, **own}) == say("bot", answer, "fr")
    assert not denied(program, "+33639981234")


def test_a_caption_and_an_edited_message_are_words(customer: Person, world: World, program: wiring.Program) -> None:
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
    assert customer.sends(photo=photo, caption="stop") == say("bot", "stopped", "fr")
    other = Person(world, new_id())
    world.settle(1, world.new(edited_message={**other.message(text="stop"), "edit_date": NOW + 60, "date": NOW - 9000}))
    assert int(facts(program, other.contact).opt_outs[0].at.timestamp()) == NOW  # the future counts as now


@pytest.mark.parametrize(
    "content",
    [
        {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]},
        {"voice": {"file_id": "f", "file_unique_id": "u", "duration": 3}},
        {"location": {"latitude": 48.8, "longitude": 2.3}},
        {"sticker": {"file_id": "f", "file_unique_id": "u", "type": "regular", "width": 1, "height": 1,
                     "is_animated": False, "is_video": False}},
        {"text": " \n "},
    ],
)  # fmt: skip
def test_what_is_no_text_gets_a_friendly_answer(customer: Person, content: dict[str, object]) -> None:
    answers = 0 if "text" in content else 1
    assert customer.sends(answers, **content) == ("" if "text" in content else say("bot", "other", "fr"))


def test_telegrams_own_notices_groups_and_bots_are_ignored(customer: Person, world: World) -> None:
    group = {**customer.message(text="stop"), "chat": {"id": -100, "type": "supergroup", "title": "G"}}
    robot = {**customer.message(text="stop"), "from": {"id": 9, "is_bot": True, "first_name": "B"}}
    timer = customer.update(message_auto_delete_timer_changed={"message_auto_delete_time": 60})
    world.settle(0, world.new(message=group), world.new(message=robot), timer, world.new(channel_post=group))


@pytest.mark.parametrize(("status", "channels"), [("kicked", {Channel.TELEGRAM}), ("member", None)])
def test_blocking_the_bot_is_an_opt_out_of_telegram(
    customer: Person, world: World, program: wiring.Program, status: str, channels: set[Channel] | None
) -> None:
    robot = {"id": 123456, "is_bot": True, "first_name": "B"}
    member = {"status": status, "user": robot, **({"until_date": 0} if status == "kicked" else {})}
    event = {
        "chat": customer.chat,
        "from": customer.user,
        "date": NOW,
        "old_chat_member": member,
        "new_chat_member": member,
    }
    world.settle(0, world.new(my_chat_member=event))
    assert [it.channels for it in facts(program, customer.contact).opt_outs] == ([channels] if channels else [])


def test_doubt_asks_back(customer: Person, program: wiring.Program) -> None:
    assert customer.says(doubtful()) in {say("bot", "asked", it) for it in languages("bot")}
    assert len(facts(program, customer.contact).reviews) == 1


@pytest.mark.parametrize("text", ["/check {}", "/block {}", "/stats", "/agents", "/agents add 7", "{}", "/erase {}"])
def test_a_stranger_never_hears_an_agents_word(
    customer: Person, program: wiring.Program, phone: str, text: str
) -> None:
    assert customer.says(text.format(phone)) in {say("bot", it, "fr") for it in ("nothing", "asked")}
    assert program.service.dossier(program.service.contact(phone))["events"] == []


def test_anybody_learns_their_id(customer: Person) -> None:
    assert customer.says("/id") == say("bot", "id", "fr", id=customer.id)


def test_all_languages_say_the_same_things() -> None:
    tables = tomllib.loads(files("suppression.texts").joinpath("bot.toml").read_text("utf-8"))
    fields = {
        lang: {key: sorted(field for _, field, _, _ in Formatter().parse(text) if field) for key, text in table.items()}
        for lang, table in tables.items()
    }
    assert set(tables) == {"fr", "en", "es", "de", "it", "pt", "nl"}
    assert all(fields[lang] == fields["en"] for lang in fields)
