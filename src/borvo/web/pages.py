"""HTML answers: rendering, the content security policy of each page, and the error page."""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar import Request
from litestar.response import Redirect, Template

PAGE_OPT = "page"
"""Handlers with this key in their `opt` answer people, so their errors are pages."""

HOME_OPT = "home"
"""Where an error page of the handler leads on to, as an address and words; without it to the start page."""

_START = ("/", "Go to the start page")


def build_csp(form_action: Iterable[str] = (), frames: Iterable[str] = (), *, is_framed: bool = False) -> str:
    """A policy under which only our own files load and forms go to us and to the origins named.

    Chromium applies `form-action` to the redirects that follow a form's submission too, so a page whose form
    ends at a client names that client's origin. `is_framed`: pages of our own may show it within themselves.
    """
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'", *form_action],
        "frame-src": [*frames] or ["'none'"],
        "frame-ancestors": ["'self'" if is_framed else "'none'"],
        "base-uri": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())


DEFAULT_CSP = build_csp()


def render_page(
    name: str,
    *,
    status: int = 200,
    form_action: Iterable[str] = (),
    frames: Iterable[str] = (),
    is_framed: bool = False,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Template:
    """A page that no cache keeps. `form_action` lists foreign origins that its forms may lead to, `frames` those
    that it may show within itself; `is_framed` lets pages of our own do so with it."""
    return Template(
        template_name=name,
        context=context,
        status_code=status,
        headers={
            "Content-Security-Policy": build_csp(form_action, frames, is_framed=is_framed),
            **({"X-Frame-Options": "SAMEORIGIN"} if is_framed else {}),
            "Cache-Control": "no-store",
            **(headers or {}),
        },
    )


def redirect_to(location: str) -> Redirect:
    """303: the next request is a GET whatever this one was (RFC 9700 4.12)."""
    return Redirect(location, status_code=303, headers={"Cache-Control": "no-store"})


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether errors of this request are shown to a person."""
    handler = request.scope.get("route_handler")
    if handler is not None:
        return bool(handler.opt.get(PAGE_OPT))
    return "text/html" in request.headers.get("accept", "")


def render_error_page(
    request: Request[Any, Any, Any],
    status: int,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> Template:
    """A page with a way forward."""
    handler, (address, words) = request.scope.get("route_handler"), _START
    if handler is not None:
        address, words = handler.opt.get(HOME_OPT, _START)
    return render_page(
        "error.html",
        status=status,
        headers=headers,
        title=title,
        detail=detail,
        home=address,
        home_words=words,
        request_id=request.scope.get("borvo_request_id", ""),
    )
