"""The application with callers of the test's own: here a token's text simply names them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest

from borvo.assembly import Platform
from borvo.catalogue.scopes import map_scopes
from borvo.identity.public import AccessToken, Admission, Caller
from borvo.kernel.errors import UnauthenticatedError
from borvo.kernel.ids import ClientId, ClientKey, PersonId
from borvo.storage.database import Connection
from borvo.web.bearer import PresentedToken
from tests.functional.application import build_app_for
from tests.functional.conftest import ISSUER

_NEVER = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ALL_SCOPES = frozenset(scope for scope in map_scopes() if scope.startswith(("read.", "write.")))


@dataclass(frozen=True)
class Known(Admission):
    """A caller of whom the test decides whether her token is still good."""

    caller: Caller
    ended: set[str]

    @property
    def is_good(self) -> bool:
        return self.caller.token_id not in self.ended

    def compose(self, bind: Callable[[object], str]) -> str:
        return f"{bind(self.is_good)}::boolean"

    async def confirm(self, connection: Connection) -> Caller:  # noqa: ARG002
        if not self.is_good:
            raise UnauthenticatedError("The access token has ended.")
        return self.caller


@dataclass
class Callers:
    """Who is known, by token, and which tokens have ended since they verified."""

    known: dict[str, Caller] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    consent_version: int = 1

    def add(
        self,
        scopes: frozenset[str] = ALL_SCOPES,
        *,
        person_id: UUID | None = None,
        client_key: UUID | None = None,
        has_person: bool = True,
    ) -> str:
        """The token of one more caller."""
        token = uuid4().hex
        person = PersonId(person_id or uuid4()) if has_person else None
        key = ClientKey(client_key or uuid4())
        self.known[token] = Caller(ClientId(f"demo.{key.hex}"), key, person, scopes, token)
        return token

    async def verify(self, presented: PresentedToken) -> Known:
        caller = self.known.get("".join(presented.authorizations).removeprefix("Bearer "))
        if caller is None:
            raise UnauthenticatedError("Send an access token.")
        subject = str(caller.person_id or caller.client_id)
        token = AccessToken(
            subject,
            subject,
            caller.client_id,
            caller.person_id,
            caller.scopes,
            caller.token_id,
            self.consent_version,
            _LONG_AGO,
            _NEVER,
        )
        return Known(token, caller, self.ended)


@dataclass
class Program:
    """A client program that calls for one person."""

    http: httpx.AsyncClient
    callers: Callers
    token: str

    @property
    def caller(self) -> Caller:
        return self.callers.known[self.token]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def write(self, body: Any, **headers: str) -> httpx.Response:
        given = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.http.post("/sample/v1", headers={**self.headers, **headers}, **given)

    async def correct(self, name: str, body: Any, **headers: str) -> httpx.Response:
        given = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.http.put(self.name(name), headers={**self.headers, **headers}, **given)

    async def delete(self, name: str, **headers: str) -> httpx.Response:
        return await self.http.delete(self.name(name), headers={**self.headers, **headers})

    @staticmethod
    def name(name: str) -> str:
        """The address of a sample by its client's id."""
        return f"/sample/v1/{quote(name, safe='')}"

    async def read(self, query: str = "", **headers: str) -> httpx.Response:
        return await self.http.get(f"/sample/v1?{query}", headers={**self.headers, **headers})

    def narrow(self, *scopes: str) -> "Program":
        """The same person and client with these scopes only."""
        caller = self.caller
        token = self.callers.add(frozenset(scopes), person_id=caller.person_id, client_key=caller.client_key)
        return replace(self, token=token)

    def become_other(self, *, client: bool = False) -> "Program":
        """Another person by the same client, or the same person by another client."""
        caller = self.caller
        token = (
            self.callers.add(person_id=caller.person_id)
            if client
            else self.callers.add(client_key=caller.client_key)
        )
        return replace(self, token=token)


@pytest.fixture
def callers() -> Callers:
    return Callers()


@pytest.fixture
async def program(platform: Platform, callers: Callers) -> AsyncIterator[Program]:
    server = replace(platform.dataserver, verify=callers.verify)
    app = build_app_for(replace(platform, dataserver=server), part="callers")
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield Program(client, callers, callers.add())
