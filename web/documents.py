"""The API described: `/openapi.json`, and `/docs`, where it can be browsed and tried, offline and without a foreign script."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, send_from_directory
from flask_openapi.openapi import OpenAPI
from markupsafe import Markup

from web import headers

# Swagger UI writes style attributes and has its icons inside its own files; all else is as strict as everywhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
PAGE = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Stopliste API</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/assets/css/swagger-ui.css"></head>
<body><div id="api"></div>
<script src="/docs/assets/js/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
""")
START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#api", validatorUrl: null, persistAuthorization: false});\n'
VERSION = "3.1.0"  # the newest that tools read; nothing newer is used


def blueprint(app: OpenAPI) -> Blueprint:
    """Both, open to all: they tell nothing that is not in the source."""
    pages = Blueprint("documents", __name__)
    pages.after_request(headers.with_policy(POLICY))

    @pages.get("/openapi.json")
    def openapi() -> Response:
        """The API as OpenAPI 3.1."""
        return jsonify(_document(app))

    @pages.get("/docs")
    def docs() -> Response:
        """The API, browsable."""
        return Response(PAGE, content_type="text/html; charset=utf-8")

    @pages.get("/docs/start.js")
    def start() -> Response:
        """Starts the page's one script."""
        return Response(START, content_type="text/javascript; charset=utf-8")

    @pages.get("/docs/assets/<path:name>")
    def assets(name: str) -> Response:
        """Swagger UI's own files, from its package."""
        return send_from_directory(_assets(), name)

    return pages


def _assets() -> Path:
    found = find_spec("flask_openapi_swagger")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package flask-openapi-swagger is not installed")
    return Path(found.origin).parent / "templates" / "swagger"


def _document(app: OpenAPI) -> dict[str, Any]:
    """What the library collected, with the parts of each path named, and without the errors that we never send."""
    app.openapi_version = VERSION
    document = dict(app.api_doc)
    document["paths"] = {path.replace("id_}", "id}"): _path(path, it) for path, it in document["paths"].items()}
    document["components"] = {"securitySchemes": document["components"]["securitySchemes"]}
    return document


def _path(path: str, operations: dict[str, Any]) -> dict[str, Any]:
    parts = [
        {"name": it.removesuffix("_"), "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for it in re.findall(r"{(\w+)}", path)
    ]
    return {method: _operation(it, parts) for method, it in operations.items()}


def _operation(it: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    responses = {
        status: answer for status, answer in it["responses"].items() if "ValidationErrorModel" not in str(answer)
    }
    return {**it, "parameters": [*parts, *it.get("parameters", [])], "responses": responses}
