"""What the house says of itself over HTTP: the API's description, its page, the counters, and the words of its errors."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import suppression
import web
import webhooks
from suppression.errors import StoplisteError
from suppression.policy.checks import CHECKS
from tests.web.conftest import Api
from web.problems import HTTP_CODES, STATUS

ERRORS = Path(__file__).parents[2] / "docs" / "errors.md"


def test_openapi_names_every_route_of_the_api_and_no_other(api: Api) -> None:
    document = api("GET", "/openapi.json", key="").json
    described = {(method.upper(), path) for path, it in document["paths"].items() for method in it}
    rules = [it for it in api.client.application.url_map.iter_rules() if it.rule.startswith("/v1/")]
    real = {
        (method, re.sub(r"<(?:path:)?(\w+?)_?>", r"{\1}", it.rule))
        for it in rules
        for method in (it.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == real


def test_openapi_describes_each_operation_whole(api: Api) -> None:
    for path, operations in api("GET", "/openapi.json", key="").json["paths"].items():
        for method, it in operations.items():
            named = {p["name"] for p in it["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path
            assert it["security"] == [{"key": []}]
            assert "application/problem+json" in it["responses"]["default"]["content"]
            assert it["summary"]
            assert ("requestBody" in it) == (
                method in ("post", "put") and not path.endswith(("approve", "release", "close"))
            ), path


def test_the_page_of_the_api_needs_nothing_from_outside(api: Api) -> None:
    page = api("GET", "/docs", key="")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        found = api("GET", path, key="")
        assert (found.status_code, bool(found.data)) == (200, True), path
    assert "<script>" not in page.text
    assert "://" not in page.text


def test_every_answer_carries_the_safety_headers(api: Api) -> None:
    answers = [api("GET", it) for it in ("/healthz", "/nothing", "/openapi.json", "/v1/reviews")]
    answers += [api("POST", "/v1/check", {"contact": "x"}), api("POST", "/v1/check", {"contact": "x"}, "")]
    for it in answers:
        assert it.headers["X-Content-Type-Options"] == "nosniff"
        assert it.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in it.headers["Cache-Control"]
        assert "default-src 'none'" in it.headers["Content-Security-Policy"]
        assert len(it.headers.getlist("Content-Security-Policy")) == 1


def test_the_counters_count_and_name_nobody(api: Api) -> None:
    def count(line: str) -> float:
        text = api("GET", "/metrics", key="").text
        assert "633998" not in text.replace("+", "")
        assert "example" not in text
        return sum(float(it.rpartition(" ")[2]) for it in text.splitlines() if it.startswith(line))

    lines = {
        'stopliste_requests_total{method="POST",route="api.check",status="200"}': 2,
        'stopliste_requests_total{method="POST",route="api.check",status="401"}': 1,
        'stopliste_requests_total{method="GET",route="none",status="404"}': 1,
        'stopliste_requests_total{method="other",route="none",status="404"}': 1,
        'stopliste_verdicts_total{reason="opt_out_regime",verdict="allow"}': 1,
        'stopliste_verdicts_total{reason="opted_out",verdict="deny"}': 1,
        'stopliste_opt_outs_total{via="sms"}': 1,
        'stopliste_opt_outs_total{via="other"}': 1,
        'stopliste_events{type="opted_out"}': 1,
    }
    before = {it: count(it) for it in lines}
    api.verdict("+33639980601")
    api("POST", "/v1/optouts", {"contact": "+33639980601", "via": "sms"})
    api("POST", "/v1/optouts", {"contact": "+33639980601", "via": "ann@example.org"})  # free text makes no label
    api.verdict("+33639980601")
    api("POST", "/v1/check", {"contact": "+33639980601"}, "")
    api("GET", "/v1/+33639980601")
    api("+33639980601", "/v1/nothing")  # nor does a method
    assert {it: count(it) - before[it] for it in lines} == lines


def documented(heading: str) -> dict[str, str]:
    """Codes of one table of docs/errors.md, each with its second column."""
    part = ERRORS.read_text().partition(f"## {heading}")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", part, re.MULTILINE))


def codes_of(error: type[StoplisteError]) -> set[str]:
    return {error.code}.union(*map(codes_of, error.__subclasses__()))


@pytest.fixture(scope="module")
def every_error() -> set[str]:
    for package in (suppression, web, webhooks):
        for it in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(it.name)
    return codes_of(StoplisteError)


def test_every_error_code_is_documented_and_every_documented_one_exists(every_error: set[str]) -> None:
    assert set(documented("Errors")) == every_error | set(STATUS) | set(HTTP_CODES.values()) | {"http_error"}


def test_every_error_has_its_status_and_the_documents_say_so(every_error: set[str]) -> None:
    told = documented("Errors")
    never_over_http = {"settings", "internal_error", "unproven"}
    assert every_error - never_over_http <= set(STATUS)
    assert {code: told[code][:3] for code in STATUS} == {code: str(status) for code, status in STATUS.items()}


def test_every_reason_is_documented() -> None:
    assert list(documented("Reasons")) == [it.__name__ for it in CHECKS]
