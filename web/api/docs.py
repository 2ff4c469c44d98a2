"""How a route describes itself in /openapi.json; the parsing itself is `web.reading`'s."""

from collections.abc import Sequence
from typing import Any

from flask_openapi.blueprint import APIBlueprint
from pydantic import BaseModel

from web.api.models import ConfirmBody

PROBLEM = {
    "description": "a problem document (RFC 9457)",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["title", "status", "code"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "errors": {"type": "array", "items": {"type": "object"}},
                },
            }
        }
    },
}
JSON_ANSWER = {"description": "done", "content": {"application/json": {"schema": {"type": "object"}}}}
VERDICT: dict[str, Any] = {
    "type": "object",
    "required": [
        "id",
        "verdict",
        "contact",
        "channel",
        "brand",
        "reasons",
        "basis",
        "retry_at",
        "checked_at",
        "policy",
    ],
    "properties": {
        "id": {"type": "string"},
        "verdict": {"enum": ["allow", "deny"]},
        "contact": {"type": "string"},
        "channel": {"type": "string"},
        "brand": {"type": "string"},
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "rule", "text"],
                "properties": {"code": {"type": "string"}, "rule": {"type": "string"}, "text": {"type": "string"}},
            },
        },
        "basis": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "retry_at": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "checked_at": {"type": "string"},
        "policy": {"type": "string"},
        "at": {"type": "string"},
        "reservation": {"type": "string"},
    },
}
NULLABLE_TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}]}
RULES = {
    "type": "object",
    "description": "the rules that it was made by: version, SHA-256 of the rule files, and whether today's are the same; "
    "null for a check of the time before the digest was noted",
    "required": ["version", "digest", "same"],
    "properties": {
        "version": {"type": "string"},
        "digest": NULLABLE_TEXT,
        "same": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    },
}
PAST_ANSWER = {
    "description": "the verdict with the rules of its day, and its proof once sealed; of an erased contact what can still be told",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["id", "verdict", "contact", "channel", "brand", "checked_at", "policy", "rules", "proof"],
                "properties": {
                    **VERDICT["properties"],
                    "verdict": {"enum": ["allow", "deny", None]},
                    "contact": NULLABLE_TEXT,
                    "rules": RULES,
                    "proof": {"anyOf": [{"type": "object"}, {"type": "null"}]},
                    "attestation": {"type": "string"},
                    "erased": {"type": "boolean"},
                },
            }
        }
    },
}
VERDICT_ANSWER = {
    "description": "the verdict, as JSON or as one line",
    "content": {"application/json": {"schema": VERDICT}, "text/plain": {"schema": {"type": "string"}}},
}
BATCH_ANSWER = {
    "description": "the verdicts, in order",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["results"],
                "properties": {"results": {"type": "array", "items": VERDICT}},
            }
        }
    },
}
SECURITY: list[dict[str, list[str]]] = [{"key": []}]


class Api(APIBlueprint):
    """A blueprint whose routes read their requests themselves (`web.reading`): the library only describes them.

    Left to itself it drops the parts of a path that no model of its own describes, and words errors in its own way.
    """

    def _collect_openapi_info(self, rule: str, func: Any, **more: Any) -> Any:
        func.__delay_validate_request__ = True
        return super()._collect_openapi_info(rule, func, **more)


ONCE = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 255},
    "description": "the same request with the same key is one event",
}  # fmt: skip
REGION = {
    "name": "region", "in": "query", "required": False, "schema": {"type": "string", "pattern": "^[A-Za-z]{2}$"},
    "description": "ISO country of a nationally written number",
}  # fmt: skip
LINES = {"text/plain": {"schema": {"type": "string"}}, "text/csv": {"schema": {"type": "string"}}}


def described(  # noqa: PLR0913 -- what there is to say of a route
    body: type[BaseModel] | None = None, *, query: type[BaseModel] | None = None, parameters: Sequence[Any] = (),
    content: dict[str, Any] | None = None, answer: dict[str, Any] | None = None, status: int = 200,
) -> dict[str, Any]:  # fmt: skip
    """Keyword arguments for a route's decorator: its body or query, its answers, its guard."""
    done = {"description": "done"} if status == 204 else answer or JSON_ANSWER
    more: dict[str, Any] = {"responses": {str(status): done, "default": PROBLEM}, "security": SECURITY}
    if body:
        content = {"application/json": {"schema": _schema(body)}}
    if content:
        more["request_body"] = {"required": body is not ConfirmBody, "content": content}
    parameters = [*parameters, *(_parameters(query) if query else [])]
    if parameters:
        more["openapi_extensions"] = {"parameters": parameters}
    return more


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON schema with its definitions put in place, since it stands alone."""
    schema = model.model_json_schema()
    return dict(_inlined(schema, schema.pop("$defs", {})))


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            return _inlined(definitions[part["$ref"].rpartition("/")[2]], definitions)
        return {name: _inlined(it, definitions) for name, it in part.items()}
    return [_inlined(it, definitions) for it in part] if isinstance(part, list) else part


def _parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = _schema(model)
    required = schema.get("required", [])
    return [
        {"name": n, "in": "query", "required": n in required, "schema": it} for n, it in schema["properties"].items()
    ]
