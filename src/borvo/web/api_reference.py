"""The description of the HTTP APIs: as an OpenAPI document, and as a page made from the same document."""

from typing import Any

from litestar import Request, Response, get
from litestar.response import Template

from borvo.web.pages import PAGE_OPT, render_page

_METHODS = ("get", "post", "put", "delete")


@get("/openapi.json", opt={"exclude_from_csrf": True}, include_in_schema=False, sync_to_thread=False)
def show_openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    schema = request.app.openapi_schema.to_schema()
    return Response(schema, media_type="application/json", headers={"Cache-Control": "public, max-age=300"})


def list_operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry an operation: method, path, description, parameters, answers."""
    return [
        {
            "method": method.upper(),
            "path": path,
            "description": operation.get("description") or operation.get("summary", ""),
            "parameters": operation.get("parameters", []),
            "responses": operation.get("responses", {}),
        }
        for path, item in sorted(schema.get("paths", {}).items())
        for method in _METHODS
        if (operation := item.get(method))
    ]


@get("/docs", opt={PAGE_OPT: True}, include_in_schema=False, sync_to_thread=False)
def show_reference(request: Request[Any, Any, Any]) -> Template:
    schema = request.app.openapi_schema.to_schema()
    return render_page("api_reference.html", viewer=None, operations=list_operations(schema))
