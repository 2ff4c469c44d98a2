"""How a route describes itself in /openapi.json; the parsing itself is `web.reading`'s."""

from typing import Any

from pydantic import BaseModel

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
SECURITY: list[dict[str, list[str]]] = [{"key": []}]


def described(
    body: type[BaseModel] | None = None, *, query: type[BaseModel] | None = None, status: int = 200
) -> dict[str, Any]:
    """Keyword arguments for a route's decorator: its body or query, its answers, its guard."""
    answer = {"description": "done"} if status == 204 else JSON_ANSWER
    more: dict[str, Any] = {"responses": {str(status): answer, "default": PROBLEM}, "security": SECURITY}
    if body:
        more["request_body"] = {"required": True, "content": {"application/json": {"schema": _schema(body)}}}
    if query:
        more["openapi_extensions"] = {"parameters": _parameters(query)}
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
