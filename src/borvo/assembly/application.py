"""One ASGI application out of all features."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from jinja2 import FileSystemLoader
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.routes import HTTPRoute
from litestar.template import TemplateConfig
from litestar.types import ASGIApp

import borvo
from borvo.accounts import public as accounts
from borvo.agency import public as agency
from borvo.assembly.upkeep import build_lifespan
from borvo.assembly.wiring import Platform
from borvo.dataserver import public as dataserver
from borvo.identity import public as identity
from borvo.languages.templates import build_environment
from borvo.organisations import public as organisations
from borvo.portal import public as portal
from borvo.storage.database import DATABASE_ABSENCES
from borvo.support import public as support
from borvo.web.api_reference import show_openapi, show_reference
from borvo.web.csrf import CsrfGuard
from borvo.web.health import answer_live, answer_ready
from borvo.web.languages import LanguageChoice
from borvo.web.observation import Observation
from borvo.web.problems import answer_unavailable, exception_handlers
from borvo.web.static_files import build_static_router, static_url

T = TypeVar("T")
_PACKAGE = Path(borvo.__file__).parent
_BODY_LIMIT = 1_000_000


def _provide(value: T) -> Provide:
    def give() -> T:
        return value

    return Provide(give, use_cache=True, sync_to_thread=False)


def list_dependencies(platform: Platform) -> dict[str, Provide]:
    """What handlers are given, by the names of their parameters."""
    return {
        "is_ready": _provide(platform.database.is_ready),
        "outbox": _provide(platform.outbox),
        "accounts": _provide(platform.accounts),
        "portal": _provide(platform.portal),
        "identity": _provide(platform.identity),
        "dataserver": _provide(platform.dataserver),
        "agency": _provide(platform.agency),
        "organisations": _provide(platform.organisations),
        "viewer": Provide(accounts.provide_viewer),
        "login": Provide(accounts.provide_login),
    }


def _configure_templates() -> TemplateConfig[JinjaTemplateEngine]:
    environment = build_environment(FileSystemLoader(sorted(_PACKAGE.glob("*/templates"))))
    environment.globals["static_url"] = static_url
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def _guard_forms(platform: Platform) -> DefineMiddleware:
    key = platform.keyring.derive("csrf")
    return DefineMiddleware(CsrfGuard, key=key, entropy=platform.entropy, cookies=platform.accounts.cookies)


def build_litestar(platform: Platform, routers: Iterable[Router] = ()) -> Litestar:
    """The framework's application, without the outermost layer. `routers` come beside those of every instance."""
    app = Litestar(
        route_handlers=[
            accounts.build_router(),
            portal.build_router(),
            portal.build_api_router(),
            portal.build_registration_router(),
            identity.build_api_router(),
            identity.build_page_router(),
            dataserver.build_router(),
            dataserver.build_page_router(),
            organisations.build_router(),
            organisations.build_page_router(),
            agency.build_api_router(),
            agency.build_page_router(),
            support.build_router(),
            show_openapi,
            show_reference,
            answer_live,
            answer_ready,
            build_static_router(),
            *routers,
        ],
        dependencies=list_dependencies(platform),
        exception_handlers={
            **exception_handlers,
            **dict.fromkeys(DATABASE_ABSENCES, answer_unavailable),
            accounts.SignInNeededError: accounts.answer_sign_in_needed,
        },
        middleware=[_guard_forms(platform)],
        template_config=_configure_templates(),
        state=State({"languages": LanguageChoice(platform.accounts.cookies, platform.settings.language)}),
        openapi_config=OpenAPIConfig(
            title="Borvo",
            version=borvo.__version__,
            # Without one it would add all of its own: pages with scripts of other hosts, and slow YAML.
            render_plugins=[JsonRenderPlugin()],
            use_handler_docstrings=True,
            components=portal.API_COMPONENTS,
        ),
        lifespan=[build_lifespan(platform)],
        request_max_body_size=_BODY_LIMIT,
        logging_config=None,
        debug=False,
    )
    _give_in_turn(app)
    return app


def _give_in_turn(app: Litestar) -> None:
    """The framework starts a task for each of several dependencies, which costs more than giving them: all but who
    looks at the page are at hand."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [{each} for batch in model.dependency_batches for each in batch]


def build_app(platform: Platform, routers: Iterable[Router] = ()) -> ASGIApp:
    """What a server runs."""
    return enclose(build_litestar(platform, routers), platform)


def enclose(app: Litestar, platform: Platform) -> ASGIApp:
    """The framework's application within the layers that stand before it."""
    lanes = identity.ProviderLane(
        dataserver.PageLane(app, platform.dataserver), platform.identity, _BODY_LIMIT
    )
    inner = identity.hand_out_nonces(lanes, platform.identity)
    enclosed = Observation(
        identity.CrossOrigin(inner, platform.identity),
        entropy=platform.entropy,
        secure=platform.settings.is_secure,
        trusted_proxies=platform.settings.trusted_proxies,
    )
    platform.portal.loopback.bind(enclosed)
    return enclosed
