"""The house rules of docs/architecture.md, read off the imports themselves."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("suppression", "webhooks", "web", "bot", "cli", "worker", "gateways", "wiring")
SHELLS = ("webhooks", "web", "bot", "cli", "worker")
PURE = ("suppression.policy", "suppression.intent", "suppression.contact", "suppression.records", "suppression.history")
# The core that a shell may know: the verbs, the words, the errors, what it says to people, how it was configured.
KNOWN_TO_SHELLS = ("suppression.service", "suppression.records", "suppression.errors", "suppression.contact", "suppression.texts",
                   "suppression.settings", "suppression.intent", "suppression.bulk", "suppression.processes", "suppression.wholeness")  # fmt: skip
DOES_IO = {
    "socket",
    "requests",
    "urllib.request",
    "redis",
    "sqlite3",
    "subprocess",
    "flask",
    "aiogram",
    "twilio",
    "random",
    "secrets",
    "time",
    "os",
}
ENTRY_POINTS = ("cli", "web.serve")  # the command, and the factory that each server process calls


def modules() -> dict[str, ast.Module]:
    files = [
        f
        for room in ROOMS
        for f in ([ROOT / f"{room}.py"] if (ROOT / f"{room}.py").exists() else (ROOT / room).rglob("*.py"))
    ]
    names = {".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): f for f in files}
    return {name: ast.parse(f.read_text()) for name, f in names.items()}


MODULES = modules()


def imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {it.name for it in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {
                f"{node.module}.{it.name}" if f"{node.module}.{it.name}" in MODULES else str(node.module)
                for it in node.names
            }
    return found


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == it or name.startswith(f"{it}.") for it in rooms)


@pytest.mark.parametrize("name", [m for m in MODULES if within(m, ("suppression",))])
def test_the_core_knows_no_shell_and_no_framework(name: str) -> None:
    outside = {
        i
        for i in imports(MODULES[name])
        if within(i, (*SHELLS, "gateways", "wiring", "flask", "aiogram", "twilio", "click"))
    }
    assert not outside


@pytest.mark.parametrize("name", [m for m in MODULES if within(m, PURE)])
def test_pure_rooms_do_no_io_and_throw_no_dice(name: str) -> None:
    allowed = {"time"} if name.startswith("suppression.policy") else set()  # datetime.time is imported from datetime
    assert not {i.split(".")[0] for i in imports(MODULES[name])} & (DOES_IO - allowed)
    assert not {i for i in imports(MODULES[name]) if within(i, ("suppression.store", "suppression.service"))}
    clocks = [
        n for n in ast.walk(MODULES[name]) if isinstance(n, ast.Attribute) and n.attr in ("now", "utcnow", "today")
    ]
    assert not [n for n in clocks if isinstance(n.value, ast.Name) and n.value.id in ("datetime", "date")]


@pytest.mark.parametrize("name", [m for m in MODULES if within(m, SHELLS)])
def test_shells_know_the_service_and_never_each_other(name: str) -> None:
    own = name.partition(".")[0]
    first_party = {i for i in imports(MODULES[name]) if within(i, ROOMS) and not within(i, (own,))}
    allowed = {i for i in first_party if within(i, KNOWN_TO_SHELLS)}
    allowed |= {"wiring", "suppression.logs"} if within(name, ENTRY_POINTS) else set()
    allowed |= {
        i for i in first_party if name == "web.app" and within(i, ("webhooks",))
    }  # web/app.py alone mounts webhooks
    allowed |= {
        i for i in first_party if name.startswith("cli.") and i in ("bot.runner", "web.serve")
    }  # the command starts them
    assert first_party <= allowed


def test_redis_is_imported_in_the_store_only() -> None:
    assert not [
        m
        for m, tree in MODULES.items()
        if any(within(i, ("redis",)) for i in imports(tree)) and not within(m, ("suppression.store",))
    ]


def test_only_the_bot_imports_aiogram() -> None:
    """Importing it costs seconds and 165 MB."""
    assert not [
        m
        for m, tree in MODULES.items()
        if any(within(i, ("aiogram",)) for i in imports(tree)) and not within(m, ("bot",))
    ]


@pytest.mark.parametrize("name", MODULES)
def test_no_first_party_import_inside_a_function(name: str) -> None:
    functions = [n for n in ast.walk(MODULES[name]) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    assert not [i for f in functions for i in imports(f) if within(i, ROOMS)]


def test_importing_a_module_has_no_effect(tmp_path: Path) -> None:
    """No file appears, no thread starts, nothing is printed."""
    names = [m for m in MODULES if not m.startswith("bot") and m not in ("cli.bot", "cli.main")]
    code = f"import importlib, threading\nfor m in {names!r}: importlib.import_module(m)\nassert threading.active_count() == 1"
    done = subprocess.run(  # noqa: PLW1510
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_every_public_thing_has_a_docstring() -> None:
    for name, tree in MODULES.items():
        assert ast.get_docstring(tree) is not None or not tree.body, name


def test_no_file_grows_beyond_reading() -> None:
    lines = {m: len([x for x in ast.unparse(t).splitlines() if x.strip()]) for m, t in MODULES.items()}
    assert not {m: n for m, n in lines.items() if n > 350}
