"""Telling clients that a session has ended: OpenID Connect Front-Channel Logout 1.0, Back-Channel Logout 1.0."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from borvo.accounts.public import Login
from borvo.identity import session_store
from borvo.identity.service.collaborators import Identity
from borvo.identity.strict_profile import choose_algorithm
from borvo.identity.tokens import sign_logout_token
from borvo.kernel.entropy import encode_bytes
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.portal.public import RegisteredClient, load_client
from borvo.storage.database import Connection
from borvo.storage.outbox.messages import Outbox
from borvo.storage.outbox.model import DeliveryError, Payload
from borvo.web.outgoing import Outgoing, OutgoingError

BACKCHANNEL_LOGOUT = "backchannel-logout"
_LIFETIME = 120
_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TRY_AGAIN = {408, 425, 429}


async def announce_end(
    outbox: Outbox, connection: Connection, person_id: PersonId, session_ids: Sequence[LoginSessionId]
) -> None:
    """Within the transaction that ends the sessions: one message a client and session."""
    for each in await session_store.list_session_clients(connection, person_id, session_ids):
        if each.backchannel_logout_uri:
            payload = {
                "client_id": each.client_id,
                "subject": str(person_id),
                "session_id": str(each.session_id),
            }
            await outbox.put(connection, BACKCHANNEL_LOGOUT, payload, person_id=person_id)


async def list_frontchannel_urls(identity: Identity, login: Login) -> list[str]:
    """What the browser is to load so that the clients of its session sign out too (Front-Channel Logout 3)."""
    async with identity.database.connection() as connection:
        told = await session_store.list_session_clients(connection, login.person.id, [login.session_id])
        found = [await load_client(connection, each.client_id) for each in told]
    return [
        _add_session(
            client.frontchannel_logout_uri,
            identity.issuer,
            identity.aliases.name_session(client, login.session_id),
        )
        for client in found
        if client is not None and client.frontchannel_logout_uri
    ]


def _add_session(uri: str, issuer: str, session_id: str) -> str:
    query = urlencode({"iss": issuer, "sid": session_id})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


@dataclass(frozen=True, slots=True)
class BackchannelNotifier:
    """Delivers what `announce_end` put into the outbox."""

    identity: Identity
    outgoing: Outgoing

    async def __call__(self, payload: Payload) -> None:
        async with self.identity.database.connection() as connection:
            client = await load_client(connection, payload["client_id"])
        if client is None or client.is_disabled or not client.backchannel_logout_uri:
            return
        token = await self._sign(client, payload)
        try:
            status = await self.outgoing.post_form(client.backchannel_logout_uri, {"logout_token": token})
        except OutgoingError as fault:
            raise DeliveryError(str(fault)) from fault
        if not 200 <= status < 300:  # noqa: PLR2004
            # Back-Channel Logout 2.8: 400 says that the client could not, and will not when asked again.
            is_final = 400 <= status < 500 and status not in _TRY_AGAIN  # noqa: PLR2004
            raise DeliveryError(f"the client answered {status}", is_final=is_final)

    async def _sign(self, client: RegisteredClient, payload: Payload) -> str:
        """Back-Channel Logout 2.4: new for each attempt, since it lives two minutes."""
        identity = self.identity
        issued_at = int(identity.clock().timestamp())
        claims: dict[str, Any] = {
            "iss": identity.issuer,
            "sub": identity.aliases.name_person(client, PersonId(UUID(payload["subject"]))),
            "aud": client.client_id,
            "iat": issued_at,
            "exp": issued_at + _LIFETIME,
            "jti": encode_bytes(identity.entropy(16)),
            "events": {_EVENT: {}},
            "sid": identity.aliases.name_session(client, LoginSessionId(UUID(payload["session_id"]))),
        }
        keys = await identity.cabinet.current()
        return sign_logout_token(
            keys.active[choose_algorithm(client.signing_algorithm, identity.profile)], claims
        )
