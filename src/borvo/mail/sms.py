"""Delivers text messages, one class for each way.

Each is a handler of the outbox: it takes what `post_text` has put there and raises `DeliveryError`.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from borvo.kernel.hosts import LOOPBACK_HOSTS
from borvo.kernel.secret import Secret
from borvo.mail.texting import read_text
from borvo.storage.outbox.model import DeliveryError, Payload
from borvo.web.outgoing import Outgoing, OutgoingError

# The gateway will have neither this number nor this text. What else it refuses, settings can mend.
_FINAL = {400, 410, 413, 422}


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where text messages are handed over. `sender` is empty where the gateway chooses."""

    url: str
    token: Secret[str]
    sender: str = ""


def check_gateway(url: str) -> None:
    """Raises ValueError, whose text never repeats the URL."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("it is not a URL") from None
    if not host or not url.isascii() or not url.isprintable() or " " in url or parts.fragment:
        raise ValueError("it must look like https://sms.example.org/messages")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not carry a user name or password; BORVO_SMS_TOKEN is the credential")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK_HOSTS):
        raise ValueError("it must be https, unless the gateway is on this machine")


class HttpGateway:
    """Posts JSON to a gateway: `to` in E.164, `text`, and `from` if a sender is set.

    The credential goes as a bearer token (RFC 6750 2.1). `Idempotency-Key` is the same at each attempt.
    """

    def __init__(self, gateway: Gateway, outgoing: Outgoing) -> None:
        self._gateway = gateway
        self._outgoing = outgoing

    async def __call__(self, payload: Payload) -> None:
        message, gateway = read_text(payload), self._gateway
        body = {"to": message.to, "text": message.text} | ({"from": gateway.sender} if gateway.sender else {})
        headers = {"Authorization": f"Bearer {gateway.token.reveal()}"}
        if message_id := payload.get("message_id"):
            headers["Idempotency-Key"] = str(message_id)
        try:
            status = await self._outgoing.post_json(gateway.url, msgspec.json.encode(body), headers)
        except OutgoingError as fault:
            raise DeliveryError(f"the text message gateway was not reached: {fault}") from None
        if not 200 <= status < 300:  # noqa: PLR2004
            raise DeliveryError(f"the text message gateway answered {status}", is_final=status in _FINAL)
