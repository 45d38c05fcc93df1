"""The composition root: settings in, one ASGI application out. The only module that knows every feature."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import asyncpg
import structlog
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from litestar.types import ASGIApp

import borvo
from borvo.accounts import public as accounts
from borvo.accounts.public import Accounts, Limiter, Passwords
from borvo.catalogue.scopes import AGENCY_SCOPE
from borvo.dataserver import public as dataserver
from borvo.dataserver.public import DataServer
from borvo.identity import public as identity
from borvo.identity.public import (
    GenerateKey,
    GuessLimit,
    Identity,
    InstanceProfile,
    KeyCabinet,
    RefreshPolicy,
    generate_key,
)
from borvo.kernel.clock import Clock, read_system_clock
from borvo.kernel.entropy import Entropy, read_system_entropy
from borvo.mail.keeping import build_outbox_router, keep_mail
from borvo.mail.posting import KIND as MAIL
from borvo.mail.smtp import SmtpMailer, parse_relay
from borvo.organisations import public as organisations
from borvo.organisations.public import Organisations
from borvo.portal import public as portal
from borvo.portal.public import ClientUsage, LifetimeBounds, Portal, SecretVerifier
from borvo.settings import Settings, read_settings
from borvo.storage.database import DATABASE_ABSENCES, Database
from borvo.storage.outbox.courier import Courier
from borvo.storage.outbox.messages import Outbox
from borvo.storage.outbox.model import Handler
from borvo.storage.sealing import Keyring
from borvo.storage.security_events.log import SecurityLog
from borvo.web.api_reference import show_openapi, show_reference
from borvo.web.cookies import CookiePolicy
from borvo.web.csrf import CsrfGuard
from borvo.web.health import answer_live, answer_ready
from borvo.web.lifeline import end_with_parent
from borvo.web.logs import configure_logs
from borvo.web.loop_delay import watch_loop
from borvo.web.observation import Observation
from borvo.web.outgoing import Outgoing
from borvo.web.problems import answer_unavailable, exception_handlers
from borvo.web.static_files import build_static_router, static_url

T = TypeVar("T")

_PACKAGE = Path(borvo.__file__).parent
_BODY_LIMIT = 1_000_000
_CLEAN_UP_EVERY = 600.0
_COLLECT_AFTER = 20_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Platform:
    """All features of one instance with their collaborators."""

    settings: Settings
    database: Database
    clock: Clock
    entropy: Entropy
    keyring: Keyring
    outbox: Outbox
    events: SecurityLog
    courier: Courier
    accounts: Accounts
    portal: Portal
    identity: Identity
    dataserver: DataServer
    organisations: Organisations


def build_platform(
    settings: Settings,
    *,
    clock: Clock = read_system_clock,
    entropy: Entropy = read_system_entropy,
    passwords: Passwords | None = None,
    generate: GenerateKey = generate_key,
    handlers: Mapping[str, Handler] | None = None,
) -> Platform:
    """Wires the features. The database is not opened here: commands and servers do that when they start. `handlers`
    deliver what the outbox holds, one a kind; without one, messages of the kind wait."""
    database = Database(settings.database_url, size=settings.database_connections)
    keyring = Keyring(settings.reveal_secret_key().reveal())
    outbox = Outbox(database, clock, entropy, keyring)
    events = SecurityLog(clock, entropy, keyring.derive("security events"))
    passwords = passwords or Passwords()
    verifier = SecretVerifier(keyring.derive("client secrets"), passwords, clock=clock, entropy=entropy)
    limiter = Limiter(database, keyring.derive("attempt counters"))
    rotate_after = timedelta(days=settings.key_rotation_days) or None
    cabinet = KeyCabinet(
        database, keyring, clock, entropy, generate, events=events, rotate_after=rotate_after
    )
    usage = ClientUsage(clock)
    provider = _build_provider(
        settings, database, clock, entropy, cabinet, verifier, limiter, keyring, events, usage
    )
    people = Accounts(
        database=database,
        clock=clock,
        entropy=entropy,
        passwords=passwords,
        limiter=limiter,
        cookies=CookiePolicy(secure=settings.is_secure),
        trusted_proxies=settings.trusted_proxies,
        issuer=settings.issuer,
        outbox=outbox,
        events=events,
        describe_return=partial(identity.describe_return, provider),
        on_session_ended=partial(identity.announce_end, outbox),
    )
    developers = _build_portal(settings, people, verifier, provider)
    clinics = Organisations(people, partial(identity.admit_person, provider, scope=AGENCY_SCOPE))
    samples = DataServer(database, clock, entropy, partial(identity.verify_bearer, provider))
    courier = Courier(outbox, {**_build_notifiers(settings, provider), **(handlers or {})})
    return Platform(
        settings,
        database,
        clock,
        entropy,
        keyring,
        outbox,
        events,
        courier,
        people,
        developers,
        provider,
        samples,
        clinics,
    )


def _build_portal(
    settings: Settings, people: Accounts, verifier: SecretVerifier, provider: Identity
) -> Portal:
    return Portal(
        database=people.database,
        clock=people.clock,
        entropy=people.entropy,
        verifier=verifier,
        accounts=people,
        events=people.events,
        bounds=_describe_bounds(settings),
        usage=provider.usage,
        on_client_ended=partial(identity.end_grants, provider),
        on_client_gone=partial(identity.forget_client, provider),
    )


def _build_notifiers(settings: Settings, provider: Identity) -> dict[str, Handler]:
    outgoing = Outgoing(is_open=settings.outgoing_networks == "any" or not settings.is_secure)
    return {identity.BACKCHANNEL_LOGOUT: identity.BackchannelNotifier(provider, outgoing)}


def _build_provider(
    settings: Settings,
    database: Database,
    clock: Clock,
    entropy: Entropy,
    cabinet: KeyCabinet,
    verifier: SecretVerifier,
    limiter: Limiter,
    keyring: Keyring,
    events: SecurityLog,
    usage: ClientUsage,
) -> Identity:
    return Identity(
        issuer=settings.issuer,
        database=database,
        clock=clock,
        entropy=entropy,
        cabinet=cabinet,
        verifier=verifier,
        guesses=GuessLimit(limiter, clock),
        trusted_proxies=settings.trusted_proxies,
        events=events,
        refresh=_describe_refresh(settings, keyring),
        profile=InstanceProfile(settings.profile),
        limiter=limiter,
        usage=usage,
        access_lifetime=timedelta(minutes=settings.access_token_minutes),
    )


def _describe_bounds(settings: Settings) -> LifetimeBounds:
    return LifetimeBounds(
        access_token_minutes=settings.access_token_minutes,
        refresh_token_days=settings.refresh_token_days,
        refresh_token_idle_days=settings.refresh_token_idle_days,
    )


def _describe_refresh(settings: Settings, keyring: Keyring) -> RefreshPolicy:
    return RefreshPolicy(
        key=keyring.derive("refresh tokens"),
        lifetime=timedelta(days=settings.refresh_token_days),
        idle=timedelta(days=settings.refresh_token_idle_days),
        retry=timedelta(seconds=settings.refresh_token_retry_seconds),
    )


def _provide(value: T) -> Provide:
    def give() -> T:
        return value

    return Provide(give, use_cache=True, sync_to_thread=False)


def _list_dependencies(platform: Platform) -> dict[str, Provide]:
    return {
        "is_ready": _provide(platform.database.is_ready),
        "outbox": _provide(platform.outbox),
        "accounts": _provide(platform.accounts),
        "portal": _provide(platform.portal),
        "identity": _provide(platform.identity),
        "dataserver": _provide(platform.dataserver),
        "organisations": _provide(platform.organisations),
        "viewer": Provide(accounts.provide_viewer),
        "login": Provide(accounts.provide_login),
    }


def _configure_templates() -> TemplateConfig[JinjaTemplateEngine]:
    directories: list[Path | os.PathLike[str] | str] = [*sorted(_PACKAGE.glob("*/templates"))]

    def register(engine: JinjaTemplateEngine) -> None:
        engine.engine.globals["static_url"] = static_url
        engine.engine.trim_blocks = True
        engine.engine.lstrip_blocks = True

    return TemplateConfig(directory=directories, engine=JinjaTemplateEngine, engine_callback=register)


def _guard_forms(platform: Platform) -> DefineMiddleware:
    key = platform.keyring.derive("csrf")
    return DefineMiddleware(CsrfGuard, key=key, entropy=platform.entropy, cookies=platform.accounts.cookies)


async def _clean_up_regularly(platform: Platform) -> None:
    """Every worker does it, which costs little: what one has deleted the next does not find."""
    while True:
        await asyncio.sleep(_CLEAN_UP_EVERY)
        try:
            await identity.clean_up(platform.identity)
            await platform.identity.cabinet.maintain()
            await accounts.clean_up(platform.accounts)
            await portal.maintain(platform.portal)
            await portal.clean_up(platform.portal)
            await platform.outbox.clean_up()
            async with platform.database.transaction() as connection:
                await platform.events.clean_up(connection, platform.settings.security_event_days)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            log.exception("clean-up failed; it will be tried again")


def _write_regularly(platform: Platform) -> Iterator[asyncio.Task[None]]:
    """Keeps what was noted while clients waited."""
    notes = (
        (platform.portal.usage.flush, portal.USAGE_FLUSH.total_seconds()),
        (platform.portal.verifier.uses.flush, portal.USE_FLUSH),
        (platform.identity.refusals.flush, portal.REFUSAL_FLUSH),
    )
    for flush, every in notes:
        yield asyncio.create_task(portal.write_regularly(platform.database, flush, every))


def _build_lifespan(platform: Platform) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def live(_: Litestar) -> AsyncIterator[None]:
        await platform.database.open()
        try:
            # Makes the signing keys on the first start, and says at once when they cannot be unsealed.
            await platform.identity.cabinet.current()
            tasks = [
                asyncio.create_task(_clean_up_regularly(platform)),
                asyncio.create_task(platform.courier.run()),
                *_write_regularly(platform),
            ]
            if platform.settings.metrics_port:
                tasks.append(asyncio.create_task(watch_loop()))
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await platform.database.close()

    return live


def build_litestar(platform: Platform, routers: Iterable[Router] = ()) -> Litestar:
    """The framework's application, without the outermost layer. `routers` come beside those of every instance."""
    return Litestar(
        route_handlers=[
            accounts.build_router(),
            portal.build_router(),
            identity.build_api_router(),
            identity.build_page_router(),
            dataserver.build_router(),
            organisations.build_router(),
            show_openapi,
            show_reference,
            answer_live,
            answer_ready,
            build_static_router(),
            *routers,
        ],
        dependencies=_list_dependencies(platform),
        exception_handlers={
            **exception_handlers,
            **dict.fromkeys(DATABASE_ABSENCES, answer_unavailable),
            accounts.SignInNeededError: accounts.answer_sign_in_needed,
        },
        middleware=[_guard_forms(platform)],
        template_config=_configure_templates(),
        openapi_config=OpenAPIConfig(
            title="Borvo", version=borvo.__version__, render_plugins=[], use_handler_docstrings=True
        ),
        lifespan=[_build_lifespan(platform)],
        request_max_body_size=_BODY_LIMIT,
        logging_config=None,
        debug=False,
    )


def build_app(platform: Platform, routers: Iterable[Router] = ()) -> ASGIApp:
    """What a server runs."""
    app = identity.CrossOrigin(build_litestar(platform, routers), platform.identity)
    return Observation(
        app,
        entropy=platform.entropy,
        secure=platform.settings.is_secure,
        trusted_proxies=platform.settings.trusted_proxies,
    )


def build_handlers(settings: Settings, clock: Clock = read_system_clock) -> dict[str, Handler]:
    """Who delivers what leaves an instance in earnest."""
    if not settings.smtp_url:
        return {}
    return {MAIL: SmtpMailer(parse_relay(settings.smtp_url), settings.mail_from, clock)}


def create_app() -> ASGIApp:
    """The entry point of a server's worker process: everything from the environment."""
    settings = _begin()
    return _settle(build_app(build_platform(settings, handlers=build_handlers(settings))))


def create_demo_app() -> ASGIApp:
    """The entry point of the demo's worker process, the only one with a page that shows everybody's mail."""
    # The end of the terminal reaches every process; the first one ends the workers in order.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return _settle(build_app(build_platform(_begin(), handlers={MAIL: keep_mail}), [build_outbox_router()]))


def _begin() -> Settings:
    end_with_parent()
    settings = read_settings(os.environ)
    configure_logs(settings.log_level)
    return settings


def _settle(app: ASGIApp) -> ASGIApp:
    # What is here now stays as long as the process: the collector need not walk it again and again, and what a
    # request leaves behind is mostly freed without it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    return app
