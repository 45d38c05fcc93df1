"""Use cases of people: sign-in, sessions and their end, profile, roles."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from borvo.accounts import (
    address_store,
    attempt_store,
    epochs,
    holder_store,
    limits,
    link_store,
    store,
)
from borvo.accounts.brake import Brake
from borvo.accounts.destination import AnswerReturn, DescribeReturn
from borvo.accounts.factors import half_store
from borvo.accounts.known_browsers import recognize
from borvo.accounts.limits import Attempt, Limiter
from borvo.accounts.methods import SEVERAL
from borvo.accounts.model import (
    SEEN_GRANULARITY,
    SESSION_IDLE,
    Holder,
    Login,
    LoginSession,
    Person,
    Role,
    normalize_email,
    parse_session_cookie,
)
from borvo.accounts.passwords import Passwords
from borvo.kernel.clock import Clock
from borvo.kernel.digests import digest_token, is_same
from borvo.kernel.entropy import Entropy, encode_bytes
from borvo.kernel.errors import NotFoundError
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.kernel.text import say
from borvo.languages.catalogues import SOURCE
from borvo.languages.choice import choose_language
from borvo.languages.language import Language
from borvo.storage.database import Connection, Database
from borvo.storage.gathering import Gathering
from borvo.storage.outbox.messages import Outbox
from borvo.storage.sealing import Keyring
from borvo.storage.security_events.log import SecurityLog
from borvo.storage.security_events.model import INSTANCE, STRANGER, SUPPORT, SecurityEvent, SecurityEventKind
from borvo.web.addresses import find_network
from borvo.web.cookies import CookiePolicy

OnSessionEnded = Callable[[Connection, PersonId, Sequence[LoginSessionId]], Awaitable[None]]
"""Told of the sessions of one person that have just ended, in the transaction that ended them."""
ListHindrances = Callable[[Connection, PersonId], Awaitable[list[str]]]
"""What keeps a person from closing her account, in words for her."""
EraseElsewhere = Callable[[Connection, PersonId], Awaitable[None]]
"""Erases what other features hold of a person, or ends what they gave her, in the caller's transaction."""


async def find_none(_: Connection, __: PersonId) -> list[str]:
    """A `ListHindrances` for where there is nothing else."""
    return []


async def erase_nothing(_: Connection, __: PersonId) -> None:
    """An `EraseElsewhere` for where there is nothing else."""


async def tell_nobody(_: Connection, __: PersonId, ___: Sequence[LoginSessionId]) -> None:
    """An `OnSessionEnded` for where nobody needs to know."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The collaborators of this feature. `assembly` wires `describe_return` and `answer_return` to whoever sent the
    person, `on_session_ended` to whoever has to know, and what is told of people to all that know them. `factor_roles`
    are those that open only with a second factor."""

    database: Database
    clock: Clock
    entropy: Entropy
    passwords: Passwords
    limiter: Limiter
    cookies: CookiePolicy
    trusted_proxies: int
    issuer: str
    outbox: Outbox
    events: SecurityLog
    keyring: Keyring
    describe_return: DescribeReturn
    answer_return: AnswerReturn
    browser_key: bytes
    closing_grace: timedelta
    brake: Brake
    default_language: str = SOURCE
    on_session_ended: OnSessionEnded = tell_nobody
    factor_roles: frozenset[Role] = frozenset()
    list_hindrances: ListHindrances = find_none
    erase_elsewhere: EraseElsewhere = erase_nothing
    end_elsewhere: EraseElsewhere = erase_nothing
    factor_removal_delay: timedelta = timedelta(hours=72)
    sessions: Gathering[store.AskedSession, tuple[Login, bytes, datetime]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sessions", Gathering(self.database, store.load_sessions))

    def speak(self, *wishes: str) -> Language:
        """The language of a mail, by tags that may be empty: first the `locale` of whoever gets it."""
        return choose_language(wishes, self.default_language)


@dataclass(frozen=True, slots=True)
class Proved:
    """Whose password was right, and the attempt that it was. It is still counted: whoever gets this gives it back
    first of all, or by the statement that begins her session."""

    person: Holder
    attempt: Attempt


async def sign_in(
    accounts: Accounts, email: str, password: str, address: str, browser_cookie: str = ""
) -> Proved | None:
    """None whether the address is unknown or the password wrong; raises `TooManyRequestsError`. One who has closed her
    account and may come back is found, too: `reopen_account` is the caller's."""
    email, now = normalize_email(email), accounts.clock()
    browser = recognize(accounts.browser_key, browser_cookie, email)
    counted = limits.list_sign_in_limits(email, find_network(address), browser)
    count = partial(holder_store.find_claimed, email=email, now=now)
    attempt, (person, digest) = await accounts.limiter.spend_finding(counted, now, count)
    if not await accounts.passwords.verify(digest, password) or person is None:
        await _record_failure(accounts, person, email)
        return None
    return Proved(person, attempt)


async def _record_failure(accounts: Accounts, person: Person | None, email: str) -> None:
    """In her own log, or in that of the instance for an address that nobody has: the same work for both, so that time
    does not tell which. Limits bound how often this is written; what they refuse is not looked at, nor recorded."""
    digest = accounts.events.digest(email)
    event = SecurityEvent(
        SecurityEventKind.SIGN_IN_FAILED,
        person.id if person else INSTANCE,
        STRANGER,
        detail={"email_digest": digest},
    )
    async with accounts.database.transaction() as connection:
        await accounts.events.record(connection, event)


def must_have_factor(accounts: Accounts, login: Login) -> bool:
    """Whether a role of hers asks for it, also one that rests: a role that is away opens nothing that it shut."""
    return not (login.person.roles | login.resting).isdisjoint(accounts.factor_roles)


async def find_login(accounts: Accounts, cookie_text: str | None) -> Login | None:
    """Who is signed in by the cookie; None for a missing, forged, ended, expired or idle session."""
    cookie = parse_session_cookie(cookie_text) if cookie_text else None
    if cookie is None:
        return None
    now, person_id, session_id = accounts.clock(), UUID(bytes=cookie.person_id), UUID(bytes=cookie.session_id)
    found = await accounts.sessions.find(store.AskedSession(person_id, session_id, now, now - SESSION_IDLE))
    if found is None or not is_same(found[1], digest_token(encode_bytes(cookie.token))):
        return None
    login, _, last_seen_at = found
    if now - last_seen_at > SEEN_GRANULARITY:
        async with accounts.database.connection() as connection:
            await store.touch_session(connection, login, now)
    return note_debt(accounts, login)


def note_debt(accounts: Accounts, login: Login) -> Login:
    """With whether she owes a factor, by what she has proved."""
    owes_factor = SEVERAL not in login.methods and must_have_factor(accounts, login)
    return replace(login, owes_factor=owes_factor)


async def list_sessions(accounts: Accounts, person_id: PersonId) -> list[LoginSession]:
    """Where the person is signed in now, the session used last first."""
    now = accounts.clock()
    async with accounts.database.connection() as connection:
        return await store.list_sessions(connection, person_id, now, now - SESSION_IDLE)


async def end_sessions(
    connection: Connection,
    accounts: Accounts,
    person_id: PersonId,
    *,
    only: LoginSessionId | None = None,
    spared: LoginSessionId | None = None,
    kind: SecurityEventKind = SecurityEventKind.SESSION_ENDED,
) -> list[LoginSessionId]:
    """The one way in which sessions are ended before their time: all of the person's, or `only` one, but never
    the one `spared`. Their cookies are worth nothing once the caller's transaction is committed, in which
    `on_session_ended` is told as well. Without `only`, sign-ins that are under way end with them. Returns those that
    this call ended, each to one caller only."""
    if only is None:
        await epochs.begin_epoch(connection, person_id)
    ended = await store.end_sessions(connection, person_id, accounts.clock(), only=only, spared=spared)
    if ended:
        await accounts.events.record(
            connection, SecurityEvent(kind, person_id, detail={"sessions": len(ended)})
        )
        await accounts.on_session_ended(connection, person_id, ended)
    return ended


async def end_session(accounts: Accounts, person_id: PersonId, session_id: LoginSessionId) -> bool:
    """Whether this call ended it; False for one that is over already or somebody else's."""
    async with accounts.database.transaction() as connection:
        return bool(await end_sessions(connection, accounts, person_id, only=session_id))


async def sign_out(accounts: Accounts, login: Login) -> None:
    async with accounts.database.transaction() as connection:
        await end_own_session(connection, accounts, login)


async def end_own_session(connection: Connection, accounts: Accounts, login: Login) -> None:
    kind = SecurityEventKind.SIGN_OUT
    await end_sessions(connection, accounts, login.person.id, only=login.session_id, kind=kind)


async def sign_out_everywhere(accounts: Accounts, login: Login, *, spare_this: bool) -> None:
    async with accounts.database.transaction() as connection:
        spared = login.session_id if spare_this else None
        await end_sessions(connection, accounts, login.person.id, spared=spared)


async def change_role(
    connection: Connection, accounts: Accounts, email: str, role: Role, *, granted: bool, actor: str = SUPPORT
) -> bool:
    """Whether anything changed; raises `NotFoundError` when nobody has the address. A role that rests goes on to do so,
    for the person herself may be who causes this: those who give roles call `wake_role` as well."""
    person = await store.find_person(connection, normalize_email(email))
    if person is None:
        raise NotFoundError(say("Nobody is registered as %(email)s.", email=email))
    if granted:
        is_changed = await store.add_role(connection, person.id, role, accounts.clock())
    else:
        is_changed = await store.remove_role(connection, person.id, role)
    if is_changed:
        kind = SecurityEventKind.ROLE_ADDED if granted else SecurityEventKind.ROLE_REMOVED
        event = SecurityEvent(kind, person.id, actor, detail={"role": role.value})
        await accounts.events.record(connection, event)
    return is_changed


async def clean_up(accounts: Accounts, sessions_kept: timedelta = timedelta(days=30)) -> None:
    """Deletes counters and links that are over, addresses left a week ago, and sessions some time after their end."""
    now = accounts.clock()
    async with accounts.database.transaction() as connection:
        await attempt_store.delete_old_attempts(connection, now - timedelta(hours=1))
        await link_store.delete_old_links(connection, now)
        await half_store.delete_expired(connection, now)
        await address_store.delete_kept_addresses(connection, now)
        await store.delete_old_sessions(connection, now - sessions_kept)
