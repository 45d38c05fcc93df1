"""Delivers mail by SMTP (RFC 5321), encrypted on every way that leaves the machine (RFC 8314)."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import aiosmtplib

from borvo.kernel.clock import Clock
from borvo.kernel.hosts import LOOPBACK_HOSTS
from borvo.kernel.secret import Secret
from borvo.mail.model import Mail, parse_address
from borvo.mail.page import render_mail
from borvo.mail.posting import read_mail
from borvo.storage.outbox.model import DeliveryError, Payload

_PORTS = {"smtp": 587, "smtps": 465}
_TIMEOUT = 20.0
# RFC 5321 4.2.1: an answer from 500 on stays what it is.
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mail."""

    host: str
    port: int
    username: str
    password: Secret[str]
    is_tls: bool
    """Whether the connection begins with TLS; otherwise STARTTLS is demanded, except on this machine."""

    @property
    def demands_starttls(self) -> bool:
        return not self.is_tls and self.host not in LOOPBACK_HOSTS


def parse_relay(url: str) -> Relay:
    """Of `smtp://user:password@host:587` or `smtps://...`; raises ValueError, whose text never repeats the URL."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("it is not a URL") from None
    if parts.scheme not in _PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("it must look like smtp://user:password@host:587 or smtps://user:password@host")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("it needs both a user name and a password, or neither")
    return Relay(
        host=host,
        port=port or _PORTS[parts.scheme],
        username=unquote(parts.username or ""),
        password=Secret(unquote(parts.password or "")),
        is_tls=parts.scheme == "smtps",
    )


def build_message(mail: Mail, sender: str, message_id: str, now: datetime) -> EmailMessage:
    """What goes over the wire; headers are made by the standard library, which refuses line ends in them."""
    address = parse_address(sender)
    # Letters beyond ASCII in an address cannot be encoded away: they go as they are (RFC 6532).
    message = EmailMessage(SMTP if mail.to.isascii() else SMTPUTF8)
    message["From"] = address
    message["To"] = parse_address(mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{message_id}@{address.domain}>"
    # RFC 3834: so that no vacation message answers.
    message["Auto-Submitted"] = "auto-generated"
    # RFC 3282 3.
    message["Content-Language"] = mail.language
    if mail.unsubscribe:
        # RFC 8058 3.1: mail programs show a button that posts to it.
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    # RFC 2046 5.1.4: the same once more, the richer form last.
    message.add_alternative(render_mail(mail), subtype="html")
    # The same at each attempt, as the id is.
    message.set_boundary(f"=_{message_id}")
    return message


class SmtpMailer:
    """The handler of the outbox's mails."""

    def __init__(self, relay: Relay, sender: str, clock: Clock) -> None:
        self._relay = relay
        self._sender = sender
        self._clock = clock

    async def __call__(self, payload: Payload) -> None:
        """Raises `DeliveryError`; it is final when the server will have neither this recipient nor this text."""
        mail = read_mail(payload)
        message = build_message(mail, self._sender, str(payload["message_id"]), self._clock())
        try:
            await self._send(message, mail.to)
        except aiosmtplib.SMTPRecipientsRefused as fault:
            code = fault.recipients[0].code if fault.recipients else 0
            raise _describe(code, is_final=code >= _PERMANENT) from None
        except aiosmtplib.SMTPDataError as fault:
            raise _describe(fault.code, is_final=fault.code >= _PERMANENT) from None
        except aiosmtplib.SMTPResponseException as fault:
            # The sender or the credentials are refused: settings can be mended.
            raise _describe(fault.code, is_final=False) from None
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise DeliveryError(f"the mail server was not reached: {type(fault).__name__}") from None

    async def _send(self, message: EmailMessage, to: str) -> None:
        relay = self._relay
        await aiosmtplib.send(
            message,
            sender=self._sender,
            recipients=[to],
            hostname=relay.host,
            port=relay.port,
            username=relay.username or None,
            password=relay.password.reveal() or None,
            use_tls=relay.is_tls,
            start_tls=None if relay.is_tls else relay.demands_starttls,
            # Otherwise the name of this machine is looked up, which may take long.
            local_hostname=parse_address(self._sender).domain,
            timeout=_TIMEOUT,
        )


def _describe(code: int, *, is_final: bool) -> DeliveryError:
    # Only the number: servers repeat the address in their texts.
    return DeliveryError(f"the mail server answered {code}", is_final=is_final)
