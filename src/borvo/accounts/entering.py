"""How somebody who has proved who she is gets a session."""

from dataclasses import dataclass, replace

from borvo.accounts import epochs, new_session_store, store
from borvo.accounts.limits import Attempt
from borvo.accounts.methods import PASSWORD, Methods
from borvo.accounts.model import SESSION_LIFETIME, Holder, Login, Person, Role, SessionCookie
from borvo.accounts.service import Accounts, end_own_session, note_debt
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import TOKEN_BYTES, create_uuid, encode_bytes
from borvo.kernel.ids import LoginSessionId
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind


@dataclass(frozen=True, slots=True)
class Device:
    """The browser that signs in, as it says of itself, and where it is."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the browser gets, and the login that `find_login` would find by it."""

    cookie: SessionCookie
    login: Login


async def enter(
    connection: Connection,
    accounts: Accounts,
    previous: Login | None,
    person: Person,
    device: Device,
    methods: Methods = PASSWORD,
) -> Entry | None:
    """Signs the person in who has proved so by the `methods`, where `previous` may be signed in already: her own
    session goes on under a new token, so that what clients know as `sid` stays; that of another ends. None when all
    her sessions have ended since she was loaded, which was before she proved anything: by a new password, say, that
    makes what she knew worthless."""
    if previous is not None:
        if not await epochs.hold_epoch(connection, person):
            return None
        if previous.person.id == person.id:
            renewed = await _renew_session(connection, accounts, replace(previous, methods=methods))
            if renewed is not None:
                return renewed
        else:
            await end_own_session(connection, accounts, previous)
    return await _start_session(connection, accounts, person, device, methods)


async def enter_at_once(
    accounts: Accounts,
    previous: Login | None,
    person: Person,
    device: Device,
    methods: Methods,
    attempt: Attempt | None = None,
) -> Entry | None:
    """As `enter`, in a unit of work of its own: one statement, unless somebody is signed in already. An `attempt` that
    is still counted is given back, whether she gets a session or not."""
    if previous is None:
        async with accounts.database.connection() as connection:
            return await _start_session(connection, accounts, person, device, methods, attempt)
    if attempt is not None:
        await accounts.limiter.give_back(attempt)
    async with accounts.database.transaction() as connection:
        return await enter(connection, accounts, previous, person, device, methods)


async def _start_session(
    connection: Connection,
    accounts: Accounts,
    person: Person,
    device: Device,
    methods: Methods,
    attempt: Attempt | None = None,
) -> Entry | None:
    """A new session: an identifier planted before is worth nothing (session fixation). None as for `enter`."""
    now = accounts.clock()
    session_id = LoginSessionId(create_uuid(now, accounts.entropy))
    login = Login(person, session_id, now, methods, resting=_find_resting(person))
    token = accounts.entropy(TOKEN_BYTES)
    is_begun = await new_session_store.begin_session(
        connection,
        login,
        digest_token(encode_bytes(token)),
        device.user_agent[:300],
        device.address[:100],
        now + SESSION_LIFETIME,
        accounts.events.describe(_describe_sign_in(login)),
        *([accounts.limiter.describe_giving_back(attempt)] if attempt else []),
    )
    return _build_entry(accounts, login, token) if is_begun else None


def _find_resting(person: Person) -> frozenset[Role]:
    """Whoever is no holder has just made the account."""
    return person.resting if isinstance(person, Holder) else frozenset()


def _build_entry(accounts: Accounts, login: Login, token: bytes) -> Entry:
    cookie = SessionCookie(login.person.id.bytes, login.session_id.bytes, token)
    return Entry(cookie, note_debt(accounts, login))


async def _renew_session(connection: Connection, accounts: Accounts, login: Login) -> Entry | None:
    """The same session under a new token, from now on; None when it has ended meanwhile."""
    now, token = accounts.clock(), accounts.entropy(TOKEN_BYTES)
    digest = digest_token(encode_bytes(token))
    if not await store.renew_session(connection, login, digest, now, now + SESSION_LIFETIME):
        return None
    await accounts.events.record(connection, _describe_sign_in(login))
    return _build_entry(accounts, replace(login, authenticated_at=now), token)


def _describe_sign_in(login: Login) -> SecurityEvent:
    return SecurityEvent(SecurityEventKind.SIGN_IN, login.person.id, detail={"methods": list(login.methods)})
