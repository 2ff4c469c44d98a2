"""What agents and admins may do, what they read, and what stays out of their reach."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from world import ADMIN, Person, World, doubt, facts, new_id

import wiring
from suppression.contact import parse
from suppression.records import ALL_CHANNELS
from suppression.texts import say

BRANDS = '[brands.acme]\nname = "Acme"\n[brands.bravo]\nname = "Bravo"\n'


@pytest.mark.parametrize(
    ("asked", "head"),
    [
        ("/check 06 39 98 12 34 sms business", "✅ OUI. +33639981234 peut être contacté (SMS, professionnel)."),
        ("06 39 98 12 34 sms business", "✅ OUI. +33639981234"),
        ("/check@acme_bot +33(0)639981234 B2B texto", "✅ OUI. +33639981234"),
        ("\u202a+33 6 39 98 12 34\u202c sms pro", "✅ OUI. +33639981234"),  # as phones copy it
        ("Marie.Dupont@Example.org email business", "✅ OUI. marie.dupont@example.org"),
        ("0639981234", "⛔ NON. Ne pas contacter +33639981234 (appel, particulier)."),  # no consent on file
        ("/check 06 39 98", "⛔ NON."),  # a number that nobody can have is a deny, not an error
        ("06 39 98 12 34 90", "⛔ NON."),  # never cut short to one that somebody has
        ("/check", "Envoyez : /check"),
        ("/check bonjour", "Envoyez : /check"),
        ("0639981234 buisness", "Je ne comprends pas « buisness »"),
    ],
)
def test_an_agent_asks_and_reads_yes_or_no(agent: Person, asked: str, head: str) -> None:
    assert agent.says(asked).startswith(head)


def test_the_answer_gives_reasons_and_a_reference(agent: Person, program: wiring.Program, phone: str) -> None:
    program.service.opt_out(parse(phone), "default", ALL_CHANNELS, "sms")
    read = agent.says(f"{phone} sms business")
    assert read.startswith("⛔ NON.")
    assert "S'est opposé par SMS le 24/11/2026" in read
    assert "Réf. vrd_" in read
    [asked] = program.service.dossier(parse(phone))["checks"]
    assert asked["agent"] == f"telegram:***{agent.id % 100:02}"  # who asked, masked


def test_a_yes_names_its_basis_in_the_agents_language(agent: Person, world: World) -> None:
    english = Person(world, agent.id, "en")
    assert "Basis: no objection, no consent required" in english.says("+33639981234 sms business")


def test_a_no_that_time_heals_says_when(apart: Callable[..., tuple[World, wiring.Program]], clock: Any) -> None:
    clock.forward(hours=12)
    admin = Person(apart()[0], ADMIN)
    assert "Possible à partir du 2026-11-25" in admin.says("0639981234 sms business")


def test_with_several_brands_one_is_named(apart: Callable[..., tuple[World, wiring.Program]], tmp_path: Path) -> None:
    (tmp_path / "brands.toml").write_text(BRANDS)
    world, program = apart(STOPLISTE_BRANDS=str(tmp_path / "brands.toml"))
    admin, customer = Person(world, ADMIN), Person(world, new_id())
    assert admin.says("0639981234 sms business") == say("bot", "which_brand", "fr", brands="acme, bravo")
    assert admin.says("0639981234 sms business bravo").startswith("✅ OUI.")
    customer.says("stop")
    assert facts(program, customer.contact).opt_outs[0].brand == "*"  # no brand claims this bot


def test_an_agents_own_stop_is_theirs(agent: Person, program: wiring.Program) -> None:
    assert agent.says("stop") == say("bot", "stopped", "fr")
    assert facts(program, agent.contact).opt_outs


@pytest.mark.parametrize("text", ["/block {}", "/stats", "/agents add 7", "/erase {}", "/stop {}", "/nonsense"])
def test_an_order_beyond_an_agents_role_does_nothing(
    agent: Person, program: wiring.Program, phone: str, text: str
) -> None:
    assert agent.says(text.format(phone)) == say("bot", "agent_help", "fr")
    assert program.service.dossier(parse(phone))["events"] == []
    assert not facts(program, agent.contact).opt_outs


def test_ordinary_words_of_staff_are_heard_and_get_the_help(agent: Person, admin: Person) -> None:
    assert say("bot", "agent_help", "fr") in agent.says("/start", answers=2)
    assert say("bot", "admin_help", "fr") in admin.says("/help", answers=2)


@pytest.mark.parametrize(
    ("order", "listed", "reason"),
    [
        ("/block {}", "do-not-call", ""),
        ("/block {} Litigation a fait appel à son avocat", "litigation", "a fait appel à son avocat"),
        ("/block {} « client » <b>difficile</b> & _seul_", "do-not-call", "« client » <b>difficile</b> & _seul_"),
    ],
)
def test_an_admin_blocks(
    admin: Person, program: wiring.Program, phone: str, order: str, listed: str, reason: str
) -> None:
    assert admin.says(order.format(phone)) == say("bot", "blocked", "fr", contact=phone, list=listed)
    [block] = program.service.dossier(parse(phone))["facts"]["blocks"]
    assert (block["list"], block.get("reason", ""), set(block["channels"])) == (listed, reason, set(ALL_CHANNELS))


def test_unblock_lifts_blocks_and_never_an_opt_out(admin: Person, program: wiring.Program, phone: str) -> None:
    program.service.opt_out(parse(phone), "default", ALL_CHANNELS, "sms")
    admin.says(f"/block {phone} wrong-number")
    admin.says(f"/block {phone}")
    assert admin.says(f"/unblock {phone}") == say("bot", "unblocked", "fr", contact=phone, number=2)
    left = facts(program, phone)
    assert (len(left.blocks), len(left.opt_outs)) == (0, 1)


@pytest.mark.parametrize("command", ["block", "unblock", "dossier", "erase"])
@pytest.mark.parametrize("contact", ["", "06", "06 39 98 12 34 90", "nobody@", "rien"])
def test_what_is_no_contact_is_told_and_does_nothing(admin: Person, command: str, contact: str) -> None:
    assert say("bot", f"usage_{command}", "fr") in admin.says(f"/{command} {contact}".strip())


def test_agents_come_and_go(apart: Callable[..., tuple[World, wiring.Program]]) -> None:
    world, _ = apart()
    admin, person = Person(world, ADMIN), Person(world, new_id())
    assert admin.says("/agents") == say("bot", "agents_none", "fr")
    assert admin.says(f"/agents add {person.id}") == say("bot", "agent_added", "fr", id=person.id)
    assert admin.says("/agents") == say("bot", "agents", "fr", ids=person.id)
    assert person.says("0639981234").startswith("⛔")
    assert admin.says(f"/agents remove {person.id}") == say("bot", "agent_removed", "fr", id=person.id)
    assert admin.says(f"/agents remove {person.id}") == say("bot", "agent_unknown", "fr", id=person.id)
    assert not person.says("0639981234").startswith("⛔")


@pytest.mark.parametrize(
    "order", ["add", "add zoé", "add -100", "12345678", "add 99999999999999999", "add 7 8", "list"]
)
def test_what_is_no_order_about_agents_is_told(admin: Person, order: str) -> None:
    assert admin.says(f"/agents {order}") == say("bot", "usage_agents", "fr")


def test_stats_count(admin: Person, customer: Person) -> None:
    before = admin.says("/stats")
    customer.says("stop")
    stops = [int(it.split("\nSTOP : ")[1].split("\n")[0]) for it in (before, admin.says("/stats"))]
    assert stops[1] - stops[0] == 1


def test_a_review_is_decided_with_one_tap(
    admin: Person, customer: Person, world: World, program: wiring.Program
) -> None:
    review = doubt(program, customer, "Stop <b>ou</b> _pas_ ?")
    shown = next(it for it in world.settle(-1, admin.update(text="/review")) if review.id in str(it.data))
    assert "Stop <b>ou</b> _pas_ ?" in shown.text
    assert str(customer.id) not in str(shown.data)
    answered = admin.taps(f"review stop {review.id}", shown.text)
    assert [it.method for it in answered] == ["answerCallbackQuery", "editMessageText"]
    assert answered[1].text == f"{shown.text}\n\n→ Enregistré comme STOP"
    assert facts(program, customer.contact).opt_outs
    assert admin.taps(f"review none {review.id}")[0].text == say("bot", "review_gone", "fr")


def test_a_long_queue_comes_a_few_at_a_time(apart: Callable[..., tuple[World, wiring.Program]]) -> None:
    world, program = apart()
    admin = Person(world, ADMIN)
    assert admin.says("/review") == say("bot", "review_none", "fr")
    for _ in range(7):
        doubt(program, Person(world, new_id()), "Stop ?")
    assert admin.says("/review", answers=6).endswith(say("bot", "review_more", "fr", number=2))


@pytest.mark.parametrize(
    "data", ["review stop rev_00aaaaaaaaaaaaaaaa", "review", "erase", "", "x" * 64, "review stop ☃", "erase ☃"]
)
def test_an_old_or_foreign_button_does_nothing(admin: Person, data: str) -> None:
    assert admin.taps(data)[0].text in (say("bot", "review_gone", "fr"), say("bot", "kept", "fr"))


def test_a_dossier_comes_as_a_file(admin: Person, world: World, program: wiring.Program, phone: str) -> None:
    program.service.opt_out(parse(phone), "default", ALL_CHANNELS, "sms", words="Stop, c'est Zoé")
    [sent] = world.settle(1, admin.update(text=f"/dossier {phone}"))
    assert sent.method == "sendDocument"
    assert phone not in sent.text
    read = json.loads(next(it for it in sent.data.values() if isinstance(it, bytes)))
    assert read["contact"] == phone
    assert "Stop, c'est Zoé" in json.dumps(read["events"], ensure_ascii=False)


def test_an_erasure_is_confirmed_and_keeps_the_opt_out(
    admin: Person, world: World, program: wiring.Program, phone: str
) -> None:
    program.service.opt_out(parse(phone), "default", ALL_CHANNELS, "sms", words="Stop, c'est Zoé")
    [asked] = world.settle(1, admin.update(text=f"/erase {phone}"))
    assert phone in asked.text
    yes, no = (it["callback_data"] for it in json.loads(asked.data["reply_markup"])["inline_keyboard"][0])
    assert admin.taps(no)[0].text == say("bot", "kept", "fr")
    assert "Zoé" in str(program.service.dossier(parse(phone)))
    assert admin.taps(yes)[0].text == say("bot", "erased", "fr")
    assert "Zoé" not in str(program.service.dossier(parse(phone)))
    assert facts(program, phone).opt_outs


def test_an_address_too_long_for_a_button_is_sent_elsewhere(admin: Person) -> None:
    assert admin.says(f"/erase {'a' * 50}@example.org") == say("bot", "erase_elsewhere", "fr")


def test_a_button_outlives_the_role_but_does_nothing_then(
    customer: Person, program: wiring.Program, phone: str
) -> None:
    program.service.opt_out(parse(phone), "default", ALL_CHANNELS, "sms", words="Stop, c'est Zoé")
    [answer] = customer.taps(f"erase {phone}")
    assert answer.text == say("bot", "not_for_you", "fr")
    assert "Zoé" in str(program.service.dossier(parse(phone)))
