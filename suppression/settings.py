"""The environment, read once and strictly: all problems are reported together, each by the name of its variable.

Secrets are `SecretStr`: printed, logged or in a traceback they show as asterisks.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from suppression.contact import Kind, parse
from suppression.errors import InvalidContact, SettingsError, UnknownBrand
from suppression.records import ALL_BRANDS

SHORTEST_SECRET = 32
REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+cluster", "redis+sentinel")
_BRAND = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_BOT_TOKEN = re.compile(r"[0-9]{3,}:[A-Za-z0-9_-]{20,}\Z")


def _split(text: Any) -> Any:
    return tuple(it.strip() for it in text.split(",") if it.strip()) if isinstance(text, str) else text


def _region(text: str) -> str:
    if text.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"{text!r} is no country (ISO 3166, two letters)")
    return text.upper()


def _url(*schemes: str) -> AfterValidator:
    def check(text: str) -> str:
        if text.partition("://")[0] not in schemes or not text.partition("://")[2]:
            raise ValueError(f"must be one of {', '.join(f'{it}://…' for it in schemes)}")
        return text.rstrip("/")

    return AfterValidator(check)


_SHORT_CODE = re.compile(r"[0-9]{3,6}\Z")


def _own_number(text: str) -> str:
    """A number as Twilio names it in `To`: E.164, or a short code as it is."""
    if _SHORT_CODE.match(text):
        return text
    try:
        contact = parse(text)
    except InvalidContact as cause:
        raise ValueError(f"{text!r}: {cause}") from cause
    if contact.kind is not Kind.PHONE:
        raise ValueError(f"{text!r} is no phone number")
    return contact.address


def _bot_token(secret: SecretStr) -> SecretStr:
    if not _BOT_TOKEN.match(secret.get_secret_value()):
        raise ValueError("is no bot token (digits, a colon, a secret)")
    return secret


def _tokens(secret: SecretStr) -> SecretStr:
    if not all(len(it.strip()) >= 16 for it in secret.get_secret_value().split(",")):
        raise ValueError("each token has at least 16 characters")
    return secret


Region = Annotated[str, AfterValidator(_region)]
HttpUrl = Annotated[str, _url("http", "https")]


class Privacy(BaseModel):
    """Who answers for the data, as the notices name them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    controller: str = ""
    contact: str = ""


class Brand(BaseModel):
    """A controller in whose name people are contacted, as the brands file describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    country: Region = ""  # STOPLISTE_REGION, if the file does not say
    languages: tuple[Literal["fr", "en", "es", "de", "it", "pt", "nl"], ...] = ("fr", "en")
    formerly: tuple[str, ...] = ()
    twilio_numbers: tuple[Annotated[str, AfterValidator(_own_number)], ...] = ()
    consent: Literal["here", "elsewhere"] = "here"
    privacy: Privacy = Privacy()


class BrandsFile(BaseModel):
    """The brands file, whole; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    brands: dict[str, Brand] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_and_numbers_are_unique(self) -> "BrandsFile":
        problems = [
            f"{it!r}: a brand is lower-case letters, digits, - and _" for it in self.brands if not _BRAND.match(it)
        ]
        owners: dict[str, str] = {}
        for key, brand in self.brands.items():
            for claim in (*brand.twilio_numbers, *brand.formerly):
                if claim in self.brands:
                    problems.append(f"{claim!r} is a brand and cannot be an earlier name of {key!r}")
                elif owners.setdefault(claim, key) != key:
                    problems.append(f"{claim!r} belongs to both {owners[claim]!r} and {key!r}")
        if problems:
            raise ValueError("; ".join(problems))
        return self


@dataclass(frozen=True)
class Brands:
    """The brands of this installation, and which one a door belongs to."""

    by_key: Mapping[str, Brand]

    def __getitem__(self, key: str) -> Brand:
        return self.by_key[key]

    @property
    def only(self) -> str | None:
        """The brand that everything belongs to where there is just one."""
        return next(iter(self.by_key)) if len(self.by_key) == 1 else None

    @property
    def default(self) -> str:
        """The brand of a request that names none: `default` if configured, else the only one. Raises UnknownBrand."""
        if "default" in self.by_key:
            return "default"
        if self.only:
            return self.only
        raise UnknownBrand("several brands are configured: name one", ({"field": "brand", "problem": "missing"},))

    def named(self, key: str | None, or_all: bool = False) -> str:
        """The brand that a request means; earlier names lead to today's. Raises UnknownBrand."""
        if key is None:
            return self.default
        if key in self.by_key or (or_all and key == ALL_BRANDS):
            return key
        if key in self.renamed:
            return self.renamed[key]
        raise UnknownBrand("no brand of that name is configured", ({"field": "brand", "problem": "unknown"},))

    def of_number(self, number: str) -> str:
        """The brand that claims a number of ours; where none does and there are several, all of them (`*`)."""
        claims = {n: key for key, brand in self.by_key.items() for n in brand.twilio_numbers}
        return claims.get(number) or self.only or ALL_BRANDS

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Earlier names of brands, each with today's key."""
        return MappingProxyType({old: key for key, brand in self.by_key.items() for old in brand.formerly})


class Settings(BaseSettings):
    """The whole environment, as docs/operating.md lists it; see `load`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, case_sensitive=True)

    redis_url: Annotated[str, _url(*REDIS_SCHEMES)] | None = Field(None, validation_alias="REDIS_URL")
    data_dir: Path = Field(Path("data"), validation_alias="STOPLISTE_DATA_DIR")
    secret: SecretStr | None = Field(None, validation_alias="STOPLISTE_SECRET", min_length=SHORTEST_SECRET)
    region: Region = Field("FR", validation_alias="STOPLISTE_REGION")
    brands_file: Path | None = Field(None, validation_alias="STOPLISTE_BRANDS")
    hosts: Literal["one", "many"] = Field("one", validation_alias="STOPLISTE_HOSTS")
    durability: Literal["strict", "weak"] = Field("strict", validation_alias="STOPLISTE_DURABILITY")
    rule_options: Annotated[tuple[Literal["alsace-moselle", "abolition"], ...], NoDecode, BeforeValidator(_split)] = (
        Field((), validation_alias="STOPLISTE_RULE_OPTIONS")
    )
    given_public_url: HttpUrl | None = Field(None, validation_alias="STOPLISTE_PUBLIC_URL")
    port: int = Field(8000, validation_alias="PORT", ge=1, le=65535)
    telegram_token: Annotated[SecretStr, AfterValidator(_bot_token)] | None = Field(
        None, validation_alias="TELEGRAM_BOT_TOKEN"
    )
    telegram_admins: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_split)] = Field(
        (), validation_alias="TELEGRAM_ADMINS"
    )
    telegram_api_url: HttpUrl = Field("https://api.telegram.org", validation_alias="TELEGRAM_API_URL")
    twilio_account: str | None = Field(None, validation_alias="TWILIO_ACCOUNT_SID")
    twilio_token: Annotated[SecretStr, AfterValidator(_tokens)] | None = Field(
        None, validation_alias="TWILIO_AUTH_TOKEN"
    )
    local_phone_token: SecretStr | None = Field(None, validation_alias="LOCAL_PHONE_TOKEN")
    twilio_api_url: HttpUrl = Field("https://api.twilio.com", validation_alias="TWILIO_API_URL")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: no .env file, no second reading of the environment."""
        return (init_settings,)

    @property
    def public_url(self) -> str:
        """Where others reach us, without a slash at the end."""
        return self.given_public_url or f"http://127.0.0.1:{self.port}"

    @property
    def twilio_tokens(self) -> tuple[str, ...]:
        """The tokens that may sign; several during a rotation."""
        text = self.twilio_token.get_secret_value() if self.twilio_token else ""
        return tuple(it.strip() for it in text.split(",") if it.strip())

    @cached_property
    def brands(self) -> Brands:
        """The brands file, or the one brand `default`. Raises SettingsError."""
        return load_brands(self.brands_file, self.region)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises SettingsError with every problem found, each by the name of its variable."""
    given = dict(os.environ if environment is None else environment)
    known = {str(it.validation_alias) for it in Settings.model_fields.values()}
    problems = [
        f"{name}: unknown variable" for name in sorted(given) if name.startswith("STOPLISTE_") and name not in known
    ]
    try:
        chosen: dict[str, Any] = {name: given[name] for name in known if given.get(name)}
        settings = Settings(**chosen)
    except ValidationError as wrong:
        problems += [
            f"{it['loc'][0]}: {it['msg'].removeprefix('Value error, ')}" for it in wrong.errors(include_input=False)
        ]
    problems += _brand_problems(given.get("STOPLISTE_BRANDS"))
    if problems:
        raise SettingsError(problems)
    return settings


def _brand_problems(path: str | None) -> list[str]:
    """What is wrong with the brands file, whatever else is wrong."""
    try:
        load_brands(Path(path) if path else None, "FR")
    except SettingsError as wrong:
        return wrong.problems
    return []


def load_brands(path: Path | None, region: str) -> Brands:
    """The brands file. Raises SettingsError with every problem in it."""
    if path is None:
        return Brands({"default": Brand(name="", country=region)})
    try:
        read = BrandsFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise SettingsError([f"STOPLISTE_BRANDS: {path}: {cause}"]) from cause
    except ValidationError as wrong:
        where = [".".join(str(part) for part in it["loc"]) for it in wrong.errors()]
        raise SettingsError(
            [
                f"STOPLISTE_BRANDS: {place}: {it['msg'].removeprefix('Value error, ')}"
                for place, it in zip(where, wrong.errors(include_input=False), strict=True)
            ]
        ) from wrong
    placed = {key: it if it.country else it.model_copy(update={"country": region}) for key, it in read.brands.items()}
    return Brands(MappingProxyType(placed))
