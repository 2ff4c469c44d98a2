"""What comes from outside is named, pinned, licensed and used; nothing secret, and nothing of one machine, stands in the tree."""

import ast
import re
import subprocess
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
# Used without an import of ours, and how.
TOOLS = {
    "hiredis": "redis looks for it",
    "tzdata": "zoneinfo looks for it",
    "setuptools": "builds the editable install",
    "mypy": "a command",
    "ruff": "a command",
    "pre-commit": "a command",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "pytest-httpserver": "a fixture of pytest",
}
CLASSIFIED = {"MIT License": "MIT", "BSD License": "BSD-3-Clause", "Apache Software License": "Apache-2.0"}
NEVER = {
    "a private key": r"BEGIN [A-Z ]*PRIVATE KEY",
    "an account or key of Twilio's": r"\b(?:AC|SK)[0-9a-f]{32}\b",
    "a token of Twilio's": r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])",
    "a token of a bot": r"\b\d{6,}:[A-Za-z0-9_-]{20,}",
    "an API key of ours": r"\bstopliste_(?:agent|dialer|admin)_[A-Za-z0-9_-]{30,}",
    "a registry": r"pythonhosted\.org|pypi\.org/simple|registry\.npmjs|--(?:extra-)?index-url[ =]|--trusted-host",
    "a path of one machine": r"(?<![\w./:-])/(?:home|root|work|Users|opt)/\w",
}
RANDOM = re.compile(r"(?<![\w+/=-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=(?:[\w+/-]*?\d){4})[\w+/-]{40,}={0,2}")
DATA = ("requirements/", "tests/corpus/")  # hashes, and what people write
# Made up for the tests: counted upwards, a word again and again, test vectors.
MADE_UP = ("0123456789abcdef", "123456:", "606162636465666768696a6b6c6d6e6f")
URL = re.compile(r"https?://[^\s\"'<>)\]]+")


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def direct() -> dict[str, str]:
    """The direct dependencies, each with its line in pyproject.toml."""
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    groups = [project()["dependencies"], *project()["optional-dependencies"].values()]  # type: ignore[attr-defined]
    return {
        re.split(r"[\[=<>; ]", it)[0]: next(x for x in lines if x.startswith(f'    "{it}"'))
        for group in groups
        for it in group
    }


def tracked() -> list[Path]:
    """The files of the project: those that git knows or would take up, else all but what is made."""
    asked = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [
            str(it.relative_to(ROOT))
            for it in ROOT.rglob("*")
            if it.is_file() and not it.relative_to(ROOT).parts[0].startswith(".")
        ]
    return [ROOT / it for it in names if (ROOT / it).is_file()]


@cache
def text_of(file: Path) -> str:
    """What a file says; nothing, where it is no text."""
    raw = file.read_bytes()
    return "" if b"\0" in raw[:8192] else raw.decode("utf-8", "replace")


DIRECT, TRACKED = direct(), tracked()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda it: it.name)
def test_every_package_is_pinned_with_its_hashes(lock: Path) -> None:
    text = re.sub(r"\s*#.*", "", lock.read_text()).replace("\\\n", " ")
    wanted = [it for it in text.splitlines() if it.strip()]
    assert wanted
    pinned = re.compile(
        r"[a-z0-9._-]+(?:\[[a-z,]+\])?==[^ ;]+(?: ; [^-]*[^-\s])?\s+(?:--hash=sha256:[0-9a-f]{64}\s*)+\Z", re.IGNORECASE
    )
    assert not [it for it in wanted if not pinned.match(it)]


def test_both_locks_agree() -> None:
    versions = [dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", it.read_text(), re.MULTILINE)) for it in LOCKS]
    assert not [n for one in versions for other in versions for n in one.keys() & other.keys() if one[n] != other[n]]


@pytest.mark.parametrize("name", DIRECT)
def test_every_dependency_has_its_reason_and_its_lock(name: str) -> None:
    assert re.search(r"#\s+\S+", DIRECT[name])
    assert [it for it in LOCKS if re.search(rf"^{name}==", it.read_text(), re.MULTILINE)]


@pytest.mark.parametrize("name", DIRECT)
def test_every_dependency_is_used(name: str) -> None:
    if name not in TOOLS:
        assert modules_of(name) & imported()


def modules_of(name: str) -> set[str]:
    found = {module for module, names in metadata.packages_distributions().items() if name in map(str.lower, names)}
    return found | {name.replace("-", "_")}


@cache
def imported() -> set[str]:
    """The top-level names that any file of ours imports."""
    found: set[str] = set()
    for file in (it for it in TRACKED if it.suffix == ".py"):
        for node in ast.walk(ast.parse(text_of(file))):
            names = (
                [it.name for it in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            found |= {it.partition(".")[0] for it in names}
    return found


def test_the_page_lists_every_dependency_with_its_licence() -> None:
    rows = re.findall(
        r"^\| ([a-z][\w-]*) \| ([^|]+) \| [^|]+ \|$", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE
    )
    listed = {name: licence.strip() for name, licence in rows if name != "package"}
    assert listed.keys() == DIRECT.keys()
    assert {name: licence_of(name) or licence for name, licence in listed.items()} == listed


def licence_of(name: str) -> str | None:
    """What the package says of itself; None where it is not installed."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classified = [
        CLASSIFIED[it] for line in said.get_all("Classifier", []) if (it := line.rpartition(" :: ")[2]) in CLASSIFIED
    ]
    return said.get("License-Expression") or said.get("License") or " OR ".join(classified)


@pytest.mark.parametrize("what", NEVER)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(NEVER[what])
    found = {
        (str(file.relative_to(ROOT)), it)
        for file in TRACKED
        if file != Path(__file__) and not named(file, DATA)
        for it in pattern.findall(text_of(file))
    }
    assert not {(file, it) for file, it in found if not it.startswith(MADE_UP)}


def test_no_file_holds_a_long_random_text() -> None:
    found = {
        (str(file.relative_to(ROOT)), it)
        for file in TRACKED
        if not named(file, DATA)
        for it in RANDOM.findall(URL.sub("", text_of(file)))
    }
    assert not found


def named(file: Path, folders: tuple[str, ...]) -> bool:
    return str(file.relative_to(ROOT)).startswith(folders)


def test_every_excuse_from_a_security_rule_has_its_reason() -> None:
    excuses = [
        (file.name, line.strip())
        for file in TRACKED
        if file.suffix == ".py"
        for line in text_of(file).splitlines()
        if re.search(r"# noqa: [A-Z0-9, ]*\bS\d{3}", line)
    ]
    assert not [it for it in excuses if not re.search(r"# noqa: [A-Z0-9, ]+ -- \w", it[1])]
