"""Italy's register of objections spares contracts in progress, or ended less than 30 days ago (DPR 26/2022)."""

import io

import pytest

from tests.web.conftest import Api

AT = "2026-11-24T11:00:00+01:00"


@pytest.mark.parametrize(
    ("number", "until", "verdict"),
    [
        ("+393480000001", None, "allow"),
        ("+393480000002", "2026-10-26T11:00:00+01:00", "allow"),  # 29 days ago
        ("+393480000003", "2026-10-25T11:00:00+01:00", "deny"),  # 30 days ago
    ],
)
def test_a_contract_against_the_register(api: Api, number: str, until: str | None, verdict: str) -> None:
    listed = "".join(f"+39348000000{n}\n" for n in (1, 2, 3)).encode()
    assert api("PUT", "/v1/registries/rpo?as_of=2026-11-20&force=true", data=io.BytesIO(listed), content_type="text/csv").status_code == 200  # fmt: skip
    given = {"contact": number, "basis": "contract", "channels": ["voice"], "obtained_at": "2026-01-05T10:00:00Z", "proof": {"contract": "12"}}  # fmt: skip
    assert api("POST", "/v1/permissions", given | ({"valid_until": until} if until else {})).status_code == 201
    found = api("POST", "/v1/check", {"contact": number, "at": AT}, "agent").json
    assert found["verdict"] == verdict
    assert (found["basis"], [it["code"] for it in found["reasons"]]) == (("contract", []) if verdict == "allow" else (None, ["registry"]))  # fmt: skip
