"""Where the worker processes of a server begin."""

import gc
import os
import signal

from litestar.types import ASGIApp

from borvo.assembly.application import build_app
from borvo.assembly.outgoing import build_gateway_outgoing
from borvo.assembly.wiring import build_platform
from borvo.kernel.clock import Clock, read_system_clock
from borvo.kernel.secret import Secret
from borvo.languages.choice import list_languages
from borvo.mail.keeping import build_outbox_router, keep_mail
from borvo.mail.posting import KIND as MAIL
from borvo.mail.sms import Gateway, HttpGateway
from borvo.mail.smtp import SmtpMailer, parse_relay
from borvo.mail.texting import TEXT_KIND
from borvo.settings import Settings, read_settings
from borvo.storage.outbox.model import Handler
from borvo.web.lifeline import end_with_parent
from borvo.web.logs import configure_logs

_COLLECT_AFTER = 5_000


def build_handlers(settings: Settings, clock: Clock = read_system_clock) -> dict[str, Handler]:
    """Who delivers what leaves an instance in earnest."""
    handlers: dict[str, Handler] = {}
    if settings.smtp_url:
        handlers[MAIL] = SmtpMailer(parse_relay(settings.smtp_url), settings.mail_from, clock)
    if settings.sms_url:
        gateway = Gateway(settings.sms_url, Secret(settings.sms_token), settings.sms_sender)
        handlers[TEXT_KIND] = HttpGateway(gateway, build_gateway_outgoing())
    return handlers


def create_app() -> ASGIApp:
    """The entry point of a server's worker process: everything from the environment."""
    settings = _begin()
    return _settle(build_app(build_platform(settings, handlers=build_handlers(settings))))


def create_demo_app() -> ASGIApp:
    """The entry point of the demo's worker process, the only one with a page that shows everybody's mail."""
    # The end of the terminal reaches every process; the first one ends the workers in order.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    handlers: dict[str, Handler] = {MAIL: keep_mail, TEXT_KIND: keep_mail}
    return _settle(build_app(build_platform(_begin(), handlers=handlers), [build_outbox_router()]))


def _begin() -> Settings:
    end_with_parent()
    settings = read_settings(os.environ)
    configure_logs(settings.log_level, is_final=True)
    return settings


def _settle(app: ASGIApp) -> ASGIApp:
    # Reading the catalogues takes a sixth of a second, for which no page, and nothing beside it, is to wait.
    list_languages()
    # What is here now stays as long as the process: the collector need not walk it again and again, and what a
    # request leaves behind is mostly freed without it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    return app
