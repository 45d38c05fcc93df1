"""People who are none: each stands in for a person while a developer tries a client, and is gone afterwards.

Such an account has no place in the directory of addresses and no password. So nobody finds it by an address, and
nobody can sign in to it, be it invited, given a role or written to. The only login is made here, and whoever asked for
it keeps it to himself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from borvo.accounts import new_session_store, sandbox_store
from borvo.accounts.model import Login, Person, Role, SessionCookie
from borvo.accounts.service import Accounts
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import TOKEN_BYTES, create_uuid, encode_bytes
from borvo.kernel.ids import LoginSessionId, PersonId, TenancyId
from borvo.storage.database import Connection

SANDBOX_LIFETIME = timedelta(minutes=5)
"""How long the login lives at most, and what was left behind by a process that ended."""

# RFC 2606 2: no mail ever gets there.
_EMAIL = "sandbox@borvo.invalid"
_DEVICE = "Test drive"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The stand-in, and the cookie that is her login."""

    person: Person
    cookie_name: str
    cookie: str


async def open_sandbox(connection: Connection, accounts: Accounts, tenancy_id: TenancyId) -> Sandbox:
    """A new one, signed in. Nobody is told, and no log of hers says so: there is nobody to read it."""
    now = accounts.clock()
    person = Person(
        id=PersonId(create_uuid(now, accounts.entropy)),
        email=_EMAIL,
        is_email_verified=False,
        given_name="Sandbox",
        family_name="Person",
        roles=frozenset({Role.PATIENT}),
    )
    await sandbox_store.insert_sandbox_person(connection, person, tenancy_id, now)
    login = Login(person, LoginSessionId(create_uuid(now, accounts.entropy)), now)
    token = accounts.entropy(TOKEN_BYTES)
    digest = digest_token(encode_bytes(token))
    await new_session_store.insert_session(connection, login, digest, _DEVICE, "", now + SANDBOX_LIFETIME)
    cookie = SessionCookie(person.id.bytes, login.session_id.bytes, token)
    return Sandbox(person, accounts.cookies.name("session"), cookie.render())


async def close_sandbox(connection: Connection, person_id: PersonId) -> bool:
    """Deletes account and login, without a word to any client; False, with nothing done, for a real person."""
    return await sandbox_store.delete_sandbox_person(connection, person_id)


async def list_left_sandboxes(connection: Connection, now: datetime) -> list[PersonId]:
    """Those whose time is over, since whoever opened them could not close them."""
    return await sandbox_store.list_sandbox_people(connection, now - SANDBOX_LIFETIME)
