"""HTML answers: rendering, the content security policy of each page, and the error page."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from litestar import Litestar, Request
from litestar.datastructures import Cookie
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Redirect, Template
from litestar.response.base import ASGIResponse
from litestar.utils import url_quote
from litestar.utils.scope.state import ScopeState

from borvo.kernel.text import say
from borvo.languages.choice import list_languages
from borvo.languages.language import Language
from borvo.web.addresses import RETURN_MAXIMUM, is_local_path
from borvo.web.answers import Answer
from borvo.web.forms import OPENED_FIELD
from borvo.web.languages import choose_for

PAGE_OPT = "page"
"""Handlers with this key in their `opt` answer people, so their errors are pages."""

HOME_OPT = "home"
"""Where an error page of the handler leads on to, as an address and words; without it to the start page."""

_START = ("/", say("Go to the start page"))
_OPENED = "borvo_opened"
_FINE, _FAULTY = 200, 400
_SEE_OTHER: Final = 303
_HTML, _TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"


def build_csp(form_action: Iterable[str] = (), frames: Iterable[str] = (), *, is_framed: bool = False) -> str:
    """A policy under which only our own files load and forms go to us and to the origins named.

    Chromium applies `form-action` to the redirects that follow a form's submission too, so a page whose form
    ends at a client names that client's origin. `is_framed`: pages of our own may show it within themselves.
    """
    return _write_csp(_list_sources(form_action), _list_sources(frames), is_framed=is_framed)


def _list_sources(origins: Iterable[str]) -> tuple[str, ...]:
    """An IPv6 address has no name in a policy (CSP 3, 2.3.1), and a browser leaves out what it cannot read: its scheme
    stands for it."""
    return tuple(f"{origin.partition(':')[0]}:" if "[" in origin else origin for origin in origins)


@lru_cache(maxsize=256)
def _write_csp(form_action: tuple[str, ...], frames: tuple[str, ...], *, is_framed: bool) -> str:
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'", *form_action],
        "frame-src": frames or ["'none'"],
        "frame-ancestors": ["'self'" if is_framed else "'none'"],
        "base-uri": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())


DEFAULT_CSP = build_csp()


class Page(Template):
    """A template in the language of its reader, which is known only when it is rendered: `ui_locales` is what the app
    wants that sent her. It can be opened at `opened_at`, or else where the request was sent."""

    __slots__ = ("_opened_at", "_ui_locales")

    def __init__(self, name: str, *, ui_locales: str, opened_at: str, **parts: Any) -> None:
        super().__init__(name, **parts)
        self._ui_locales, self._opened_at = ui_locales, opened_at

    def to_asgi_response(
        self,
        app: Litestar | None,  # noqa: ARG002  (the framework's signature)
        request: Request[Any, Any, Any],
        *,
        headers: Mapping[str, str] | None = None,
        cookies: Iterable[Cookie] | None = None,
        **_options: Any,
    ) -> ASGIResponse:
        language = choose_for(request, self._ui_locales)
        content = self._render(request, language)
        told = {**(headers or {}), **self.headers, "Content-Language": language.tag, "Content-Type": _HTML}
        return Answer(content, self.status_code or _FINE, told, [*self.cookies, *(cookies or ())])

    def _render(self, request: Request[Any, Any, Any], language: Language) -> bytes:
        engine: JinjaTemplateEngine = request.app.template_engine  # type: ignore[assignment]
        context = self.create_template_context(request)
        opened = self._opened_at or _find_opened(request, str(self.context.get("return_to", "")))
        context["csrf_input"] += _render_opened(opened)
        context["language"] = language
        context["languages"] = list_languages() if opened and self._can_choose(request) else []
        context["here"] = opened
        context["is_answer"] = request.method != "GET"
        return engine.get_template(self.template_name or "").render(context).encode()

    def _can_choose(self, request: Request[Any, Any, Any]) -> bool:
        """Whether the page can offer other languages: a form on it can be sent, and nothing on it is shown but now. The
        answer to a form is that, unless it finds fault."""
        is_lasting = request.method == "GET" or (self.status_code or 0) >= _FAULTY
        return is_lasting and isinstance(ScopeState.from_scope(request.scope).csrf_token, str)


def note_opened(request: Request[Any, Any, Any], address: str) -> None:
    """Where the page was opened whose form is answered, as the form says."""
    is_fit = len(address) <= RETURN_MAXIMUM and is_local_path(address)
    request.scope[_OPENED] = address if is_fit else ""  # type: ignore[literal-required]


def _find_opened(request: Request[Any, Any, Any], return_to: str) -> str:
    """Where the page can be opened; empty for the answer to a form that did not say."""
    return _find_here(request, return_to) if request.method == "GET" else str(request.scope.get(_OPENED, ""))


def _render_opened(address: str) -> str:
    return f'<input type="hidden" name="{OPENED_FIELD}" value="{escape(address)}">'


def _find_here(request: Request[Any, Any, Any], return_to: str) -> str:
    """The address of the page, to come back to. Where it leads on to is not taken from the address, but as the page
    itself has read it; and what it told once, it need not tell again."""
    query = request.scope["query_string"].decode("ascii", "ignore")
    pairs = [pair for pair in parse_qsl(query) if pair[0] not in {"return_to", "notice"}]
    way_on = [("return_to", return_to)] if return_to else []
    path = str(request.scope["path"])
    # The way on is the last to be left out for want of room.
    possible = (f"{path}?{urlencode(fields)}" for fields in ([*pairs, *way_on], way_on) if fields)
    return next((address for address in possible if len(address) <= RETURN_MAXIMUM), path)


def render_page(
    name: str,
    *,
    status: int = 200,
    form_action: Iterable[str] = (),
    frames: Iterable[str] = (),
    is_framed: bool = False,
    headers: Mapping[str, str] | None = None,
    ui_locales: str = "",
    opened_at: str = "",
    **context: Any,
) -> Template:
    """A page that no cache keeps. `form_action` lists foreign origins that its forms may lead to, `frames` those
    that it may show within itself; `is_framed` lets pages of our own do so with it. `ui_locales` are the languages
    that an app wants for whom it sent, `opened_at` is where the page can be opened, if not at the request's own."""
    return Page(
        name,
        ui_locales=ui_locales,
        opened_at=opened_at,
        context=context,
        status_code=status,
        headers={
            "Content-Security-Policy": build_csp(form_action, frames, is_framed=is_framed),
            **({"X-Frame-Options": "SAMEORIGIN"} if is_framed else {}),
            "Cache-Control": "no-store",
            "Vary": "Cookie, Accept-Language",
            **(headers or {}),
        },
    )


class PlainRedirect(Redirect):
    """The framework's, answered at once."""

    def to_asgi_response(
        self,
        app: Litestar | None,  # noqa: ARG002  (the framework's signature)
        request: Request[Any, Any, Any],  # noqa: ARG002
        *,
        headers: Mapping[str, str] | None = None,
        cookies: Iterable[Cookie] | None = None,
        **_options: Any,
    ) -> ASGIResponse:
        told = {**(headers or {}), **self.headers, "Location": url_quote(self.url), "Content-Type": _TEXT}
        return Answer(b"", self.status_code or _SEE_OTHER, told, [*self.cookies, *(cookies or ())])


def redirect_to(location: str) -> Redirect:
    """303: the next request is a GET whatever this one was (RFC 9700 4.12)."""
    return PlainRedirect(location, status_code=_SEE_OTHER, headers={"Cache-Control": "no-store"})


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
