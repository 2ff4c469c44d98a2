"""The API against its own description: whatever fits it, and much that does not, is answered, and never by a fault of ours."""

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks

from tests.web.conftest import Api
from tests.web.test_routes import WHO

TRIES = 15  # for each route, in each of the two ways
ASKED = [
    checks.not_a_server_error,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
]


@pytest.fixture(scope="module")
def schema(api: Api) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", api.client.application)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as described", "otherwise"])
@pytest.mark.parametrize(("method", "rule"), WHO, ids=[" ".join(it) for it in WHO])
def test_every_answer_is_one_that_the_description_knows(
    api: Api, schema: Any, method: str, rule: str, mode: Any
) -> None:
    operation = schema[re.sub(r"<(?:path:)?(\w+?)_?>", r"{\1}", rule)][method]

    @settings(
        max_examples=TRIES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(operation.as_strategy(generation_mode=mode))
    def tried(case: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {api.keys['admin']}"}
        case.validate_response(case.call(), checks=ASKED)

    tried()
