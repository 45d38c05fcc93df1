"""Tells a client that a person has accepted (contract 3.2): `GET {ClientUri}{clientNotifyPath}?subject=&state=`."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from borvo.kernel.ids import ClientKey
from borvo.portal.public import load_client_by_key
from borvo.storage.database import Database
from borvo.storage.outbox.model import DeliveryError, Payload
from borvo.web.outgoing import Outgoing, OutgoingError

NOTIFY = "agency-notify"
_TRY_AGAIN = {404, 408, 425, 429}


def build_client_url(client_uri: str, path: str, subject: str, state: str) -> str:
    """The client's own URI, with a path behind it that was checked when it was asked for."""
    query = urlencode({"subject": subject, "state": state})
    return f"{client_uri.rstrip('/')}{path}{'&' if '?' in path else '?'}{query}"


@dataclass(frozen=True, slots=True)
class ClientNotifier:
    """Delivers what an acceptance put into the outbox, to the URI that the client has by then."""

    database: Database
    outgoing: Outgoing

    async def __call__(self, payload: Payload) -> None:
        async with self.database.connection() as connection:
            client = await load_client_by_key(connection, ClientKey(UUID(payload["client_key"])))
        if client is None or client.is_disabled or not client.client_uri:
            return
        url = build_client_url(client.client_uri, payload["path"], payload["subject"], payload["state"])
        try:
            status = await self.outgoing.get(url)
        except OutgoingError as fault:
            raise DeliveryError(str(fault)) from fault
        if not 200 <= status < 300:  # noqa: PLR2004
            is_final = 400 <= status < 500 and status not in _TRY_AGAIN  # noqa: PLR2004
            raise DeliveryError(f"the client answered {status}", is_final=is_final)
