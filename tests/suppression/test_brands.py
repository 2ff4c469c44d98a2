"""Brands: which door belongs to whom, and what a new name does to what is on file (nothing)."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suppression.contact import parse
from suppression.errors import SettingsError, UnknownBrand
from suppression.records import Channel
from suppression.service import Message, Terms
from wiring import Program

ONE, TWO = "+33639980001", "+33639980002"
TWO_BRANDS = """
[brands.acme]
name = "Acme SAS"
twilio_numbers = ["+33162000001"]
[brands.zenith]
name = "Zenith"
"""


def brands_file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "brands.toml"
    path.write_text(text)
    return str(path)


def verdict(program: Program, contact: str, brand: str) -> bool:
    return program.service.check(contact, Terms(Channel.SMS, brand, audience="business")).allowed


def stop(program: Program, contact: str, brand: str) -> None:
    program.service.hear(Message(parse(contact), "STOP", Channel.SMS, brand, f"{contact}{brand}"))


def test_a_stop_at_one_brands_door_is_that_brands_and_at_nobodys_door_everybodys(
    build: Callable[..., Program], tmp_path: Path
) -> None:
    program = build(STOPLISTE_BRANDS=brands_file(tmp_path, TWO_BRANDS))
    brands = program.service.brands
    stop(program, ONE, brands.of_number("+33162000001"))
    assert (verdict(program, ONE, "acme"), verdict(program, ONE, "zenith")) == (False, True)
    stop(program, TWO, brands.of_number("+33162000099"))
    assert (verdict(program, TWO, "acme"), verdict(program, TWO, "zenith")) == (False, False)
    with pytest.raises(UnknownBrand):
        program.service.check(ONE, Terms(Channel.SMS, "nobody"))


def test_an_opt_out_of_a_renamed_brand_goes_on(build: Callable[..., Program], tmp_path: Path) -> None:
    program = build(STOPLISTE_BRANDS=brands_file(tmp_path, TWO_BRANDS))
    stop(program, ONE, "acme")
    program.close()
    renamed = TWO_BRANDS.replace("[brands.acme]", '[brands.apex]\nformerly = ["acme"]')
    program = build(STOPLISTE_BRANDS=brands_file(tmp_path, renamed))
    assert not verdict(program, ONE, "apex")
    assert not verdict(program, ONE, "acme")  # a caller that still says the old name
    program.service.hear(Message(parse(ONE), "START", Channel.SMS, "apex", "again"))
    assert verdict(program, ONE, "apex")


def test_opt_outs_of_a_brand_that_is_gone_stop_the_start(build: Callable[..., Program], tmp_path: Path) -> None:
    program = build(STOPLISTE_BRANDS=brands_file(tmp_path, TWO_BRANDS))
    stop(program, ONE, "acme")
    program.close()
    with pytest.raises(SettingsError, match="'acme'"):
        build(STOPLISTE_BRANDS=brands_file(tmp_path, '[brands.zenith]\nname = "Zenith"\n'))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[brands.a]\nnam = "x"', "brands.a.nam"),
        ('[brands.a]\ncountry = "XX"', "no country"),
        ('[brands.A]\nname = "x"', "lower-case"),
        ("brands = {}", "brands"),
        ("[brands.a", "TOML"),
        (
            '[brands.a]\ntwilio_numbers = ["+33162000001"]\n[brands.b]\ntwilio_numbers = ["+33162000001"]',
            "belongs to both",
        ),
        ('[brands.a]\nformerly = ["b"]\n[brands.b]\nname = "b"', "cannot be an earlier name"),
        ('[brands.a]\ntwilio_numbers = ["hello"]', "no"),
    ],
)
def test_a_wrong_brands_file_is_told(build: Callable[..., Program], tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        build(STOPLISTE_BRANDS=brands_file(tmp_path, text))
    assert "STOPLISTE_BRANDS" in wrong.value.problems[0]
    assert told in str(wrong.value) or told == "TOML"


def test_a_short_code_may_be_a_brands_number(build: Callable[..., Program], tmp_path: Path) -> None:
    text = '[brands.a]\ntwilio_numbers = ["36105"]\n[brands.b]\ntwilio_numbers = ["+33162000001"]'
    brands = build(STOPLISTE_BRANDS=brands_file(tmp_path, text)).service.brands
    assert [brands.of_number(it) for it in ("36105", "+33162000001", "36106")] == ["a", "b", "*"]


def test_the_days_off_of_alsace_and_moselle_are_an_option(build: Callable[..., Program]) -> None:
    """Saint Stephen's day 2026 is a Saturday, on which promotional SMS may go out elsewhere in France."""
    asked = Terms(Channel.SMS, audience="business", at=datetime(2026, 12, 26, 10, tzinfo=UTC))
    assert build().service.check("+33388123456", asked).allowed
    chosen = build(STOPLISTE_RULE_OPTIONS="alsace-moselle").service.check("+33388123456", asked)
    assert [it.code for it in chosen.reasons] == ["holiday"]
