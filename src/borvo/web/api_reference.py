"""The description of the HTTP APIs: as an OpenAPI document, and as a page made from the same document."""

from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.response import Template

from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.forms import FORM_MEDIA_TYPE
from borvo.web.pages import PAGE_OPT, render_page

_METHODS = ("get", "post", "put", "delete")


@get("/openapi.json", opt=WITHOUT_CSRF, include_in_schema=False, sync_to_thread=False)
def show_openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    return Response(
        _load_schema(request.app),
        media_type="application/json",
        headers={"Cache-Control": "public, max-age=300"},
    )


def _load_schema(app: Litestar) -> dict[str, Any]:
    """Written once: it takes longer than anything else that a stranger can ask for."""
    if "api_schema" not in app.state:
        app.state.api_schema = app.openapi_schema.to_schema()
    schema: dict[str, Any] = app.state.api_schema
    return schema


def list_operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry an operation: method, path, older paths of the same, description, parameters, answers."""
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    for path, item in schema.get("paths", {}).items():
        for method in _METHODS:
            if operation := item.get(method):
                entry = _describe(method, path, operation)
                known = entries.setdefault((method, operation.get("summary", path)), entry)
                if known is not entry:
                    known["other_paths"].append(path)
    return list(entries.values())


def _describe(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    return {
        "method": method.upper(),
        "path": path,
        "other_paths": [],
        "description": operation.get("description") or operation.get("summary", ""),
        "parameters": [*operation.get("parameters", []), *_list_fields(operation)],
        "responses": operation.get("responses", {}),
    }


def _list_fields(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of a form, shown as parameters are."""
    content = operation.get("requestBody", {}).get("content", {})
    fields = content.get(FORM_MEDIA_TYPE, {}).get("schema", {}).get("properties", {})
    return [
        {"name": name, "in": "form", "description": field["description"]} for name, field in fields.items()
    ]


@get("/docs", opt={PAGE_OPT: True}, include_in_schema=False, sync_to_thread=False)
def show_reference(request: Request[Any, Any, Any]) -> Template:
    operations = list_operations(_load_schema(request.app))
    return render_page("api_reference.html", viewer=None, operations=operations)
