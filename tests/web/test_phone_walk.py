"""The walk that the first page is for, on a running service: by its forms alone, and in a browser, with and without script."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from phone_forms import form_of
from playwright.sync_api import Browser, Page, expect, sync_playwright

COLD = 30_000  # milliseconds: the first message of a process loads the phrase book
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that `stopliste up` started."""
    with closing(socket.socket()) as it:
        it.bind(("127.0.0.1", 0))
        port = it.getsockname()[1]
    data = tmp_path_factory.mktemp("up")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "STOPLISTE_DATA_DIR": str(data),
    }
    with (data / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", data / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def wait_for(url: str, log: Path) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if not path:
        pytest.skip("Debian's Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page that must not complain; with its script and without."""
    context = browser.new_context(java_script_enabled=request.param, locale="fr-FR")
    page = context.new_page()
    page.set_default_timeout(COLD)
    complaints: list[str] = []
    page.on("console", lambda it: complaints.append(it.text))
    page.on("pageerror", lambda it: complaints.append(str(it)))
    yield page
    context.close()
    assert not complaints


def send(opener: urllib.request.OpenerDirector, url: str, form: dict[str, str], words: str) -> str:
    data = urllib.parse.urlencode({**form, "do": "sms", "words": words}).encode()
    with opener.open(urllib.request.Request(url, data, {"Origin": url})) as answer:
        return str(answer.read().decode())


def test_the_forms_alone_will_do_and_one_sent_twice_is_one_message(running: str) -> None:
    """Without a browser: the page's own forms, as a machine without Chromium can send them."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    first = form_of(opener.open(f"{running}/?number=new").read().decode())
    form = first
    for words, verdict in (("STOP", "deny"), ("START", "allow")):
        page = send(opener, running, form, words)
        assert f'data-verdict="{verdict}"' in page
        form = form_of(page)
    assert 'data-verdict="allow"' in send(opener, running, first, "STOP"), "the same id once more, as a reload sends it"
    assert 'data-verdict="deny"' in send(opener, running, form, "arrêtez svp")


def says(page: Page, word: str) -> None:
    expect(page.locator(".word")).to_have_text(word, timeout=COLD)


def test_stop_turns_the_verdict_red_and_start_green(running: str, page: Page) -> None:
    page.goto(f"{running}/?number=new")
    says(page, "ALLOW")
    page.fill("#words", "STOP")
    page.click("#send")
    says(page, "DENY")
    expect(page.locator("#sms-log .them").last).to_contain_text("c'est fait, plus aucun appel ni message")
    expect(page.locator("#verdict")).to_contain_text("opted_out")
    page.fill("#words", "start")
    page.keyboard.press("Enter")
    says(page, "ALLOW")
    expect(page.locator("#sms-log .me")).to_have_count(2)
    page.click("#try-2")  # the wording is free
    says(page, "DENY")


def test_a_call_and_the_key_9_turn_it_red(running: str, page: Page) -> None:
    page.goto(f"{running}/?number=new&lang=en")
    says(page, "ALLOW")
    page.click("label[for=tab-call]")
    page.click("#call")
    expect(page.locator("#call-log .them")).to_contain_text("tapez 9")
    page.click(".keypad [data-key='9']")
    says(page, "DENY")
    expect(page.locator("#call-log .note")).to_have_text("Call ended")


def test_spoken_words_silence_and_hanging_up(running: str, page: Page) -> None:
    page.goto(f"{running}/?number=new")
    page.click("label[for=tab-call]")
    page.click("#call")
    page.click("#wait")
    expect(page.locator("#call-log .them").last).to_contain_text("rien entendu")
    page.click("#hangup")
    expect(page.locator("#call-log .note").last).to_have_text("Appel terminé")
    says(page, "ALLOW")
    page.click("#call")
    page.fill("#said", "stop")
    page.click("#speak")
    says(page, "DENY")


def test_a_withheld_number_is_typed_and_read_back(running: str, page: Page) -> None:
    page.goto(f"{running}/?number=new")
    typed = page.locator(".phone .own").inner_text().replace(" ", "")
    page.click("label[for=tab-call]")
    page.check("#withhold")
    page.click("#call")
    for place, key in enumerate(typed, start=1):
        page.click(f".keypad [data-key='{key}']")
        expect(page.locator(".typed")).to_have_text(typed[:place])
    page.click(".keypad [data-key='#']")
    expect(page.locator("#call-log .them").last).to_contain_text(", ".join(typed))
    says(page, "ALLOW")
    page.click(".keypad [data-key='1']")
    says(page, "DENY")


def test_the_language_stays_with_the_conversation(running: str, page: Page) -> None:
    page.goto(f"{running}/?number=new")
    page.fill("#words", "bonjour")
    page.click("#send")
    expect(page.locator("#sms-log .me")).to_have_count(1)
    page.click("#lang-en")
    expect(page.locator(".means")).to_have_text("May be contacted")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#sms-log .me")).to_have_text("bonjour")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (768, 1024), (1366, 768)])
def test_it_fits_every_screen(running: str, browser: Browser, width: int, height: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(running)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
