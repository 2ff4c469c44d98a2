"""Whatever bytes come in, a body is read into its model or refused in our own words."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suppression.errors import InvalidRequest
from web.api.models import BatchBody, CheckBody, OptOutBody, PermissionBody
from web.reading import DEEPEST, InvalidJson, model_of

MODELS = [CheckBody, BatchBody, OptOutBody, PermissionBody]
ANY_TEXT = st.text(st.characters(), max_size=40)  # half characters too
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT
JSON = st.recursive(
    LEAVES, lambda it: st.lists(it, max_size=4) | st.dictionaries(ANY_TEXT, it, max_size=4), max_leaves=12
)
FIELDS = sorted({name for it in MODELS for name in it.model_fields})
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(st.sampled_from(MODELS), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(model: type[CheckBody], raw: bytes) -> None:
    try:
        model_of(model, raw)
    except InvalidRequest as refused:
        json.dumps(refused.details)


@QUICK
@given(st.sampled_from(MODELS), BODIES)
def test_any_fields_are_read_or_refused(model: type[CheckBody], body: object) -> None:
    try:
        found = model_of(model, json.dumps(body).encode())
    except InvalidRequest as refused:
        json.dumps(refused.details).encode()
    else:
        found.model_dump_json()  # nothing got in that cannot be written down again


@QUICK
@given(ANY_TEXT)
def test_words_arrive_as_they_were_but_for_half_characters(words: str) -> None:
    found = model_of(OptOutBody, json.dumps({"contact": "x", "words": words}).encode())
    assert found.words == words.encode("utf-8", "replace").decode()


@given(st.integers(1, 2 * DEEPEST), st.sampled_from(["[%s]", '{"a":%s}', '{"[{":%s}']))
def test_depth_is_what_is_nested_not_what_is_quoted(depth: int, around: str) -> None:
    text = '"]}[{"'
    for _ in range(depth - 1):
        text = around % text
    raw = f'{{"contact": "x", "words": {text}}}'.encode()
    with pytest.raises(InvalidRequest) as refused:
        model_of(CheckBody, raw)
    assert isinstance(refused.value, InvalidJson) == (depth > DEEPEST)
