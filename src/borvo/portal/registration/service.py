"""Use cases of programs that register clients and manage them: RFC 7591, RFC 7592, OpenID Connect Registration 1.0."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from borvo.accounts.public import Limit
from borvo.kernel.entropy import create_uuid
from borvo.kernel.ids import ClientKey, PersonId
from borvo.kernel.secret import Secret
from borvo.portal import logo_store, secret_store, sheet_store
from borvo.portal.audit import (
    BY_ITSELF,
    Action,
    Change,
    Values,
    compare,
    describe_details,
    record_change,
)
from borvo.portal.model import (
    AuthMethod,
    ClientDetails,
    ClientSheet,
    NewSecret,
    RegisteredClient,
    SecretAlgorithm,
    StoredSecret,
    Tenancy,
)
from borvo.portal.pages import look_around
from borvo.portal.pictures import Picture
from borvo.portal.readiness import find_broken, find_change_faults
from borvo.portal.registration import store
from borvo.portal.registration.admission import (
    Opened,
    admit_initial,
    admit_registration,
    check_open,
    check_room,
    load_opened,
    refuse_token,
)
from borvo.portal.registration.flows import refuse
from borvo.portal.registration.judgement import judge, refuse_faults, rewording
from borvo.portal.registration.metadata import LOGO_PATH, Wish, read_wish
from borvo.portal.registration.model import (
    Admitted,
    Registration,
    RegistrationError,
    RegistrationFault,
)
from borvo.portal.registration.suffixes import create_suffix
from borvo.portal.secret_format import ENDING, create_client_secret, create_registration_token
from borvo.portal.service import Portal, build_client, load_sheet_of
from borvo.portal.team import store as team_store
from borvo.storage.database import Connection
from borvo.storage.security_events.model import INSTANCE, SecurityEvent, SecurityEventKind, by_client

REGISTRATIONS = Limit("client-registration", 300)
"""By tenancy."""

CHANGES = Limit("registration-change", 60)
"""By client."""

_NO_CHANGE = ("registration_access_token", "registration_client_uri", "client_id_issued_at")
_LABEL = "registered by program"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What a program is told of its client: `token` is the one that opens the registration from now on, and `secret`
    empty unless it is new."""

    sheet: ClientSheet
    registration: Registration
    token: str
    secret: str = ""


async def register(portal: Portal, authorization: str | None, content: bytes) -> Told:
    """A new client, as a draft of the token's tenancy. Raises `RegistrationError`, `TooManyRequestsError`."""
    admitted, digest = await admit_initial(portal, authorization)
    await portal.accounts.limiter.spend(REGISTRATIONS, str(admitted.tenancy.id), portal.clock())
    wish = read_wish(content, is_strict=portal.is_strict)
    wish = replace(wish, details=judge(wish.details, look_around(portal)))
    with rewording():
        await portal.fetcher.check_sector_list(admitted.tenancy.id, wish.details)
        logo = await _fetch_logo(portal, admitted.tenancy, wish)
    async with portal.database.transaction() as connection:
        await team_store.share_tenancy(connection, admitted.tenancy.id)
        # Anew, since it may have ended while addresses were looked at.
        present = await store.load_token(connection, digest)
        if present is None or not await store.spend_token(connection, present.token, portal.clock()):
            check_room(present or admitted)
            raise refuse_token("This initial access token has just ended.")
        return await _insert(portal, connection, present, wish, logo)


async def _fetch_logo(portal: Portal, tenancy: Tenancy, wish: Wish) -> Picture | None:
    return await portal.fetcher.fetch_logo(tenancy.id, wish.logo_uri) if wish.logo_uri else None


async def _insert(
    portal: Portal, connection: Connection, admitted: Admitted, wish: Wish, logo: Picture | None
) -> Told:
    now, maker_id = portal.clock(), admitted.token.maker_id
    while True:
        client = build_client(portal, admitted.tenancy, create_suffix(portal.entropy), wish.details, now)
        if await sheet_store.insert_client(connection, client, wish.details, now):
            break
    if logo is not None:
        await logo_store.save_logo(connection, client.client_key, logo, now)
    token = create_registration_token(portal.entropy)
    registration = Registration(portal.verifier.digest(token), wish.secret_method, wish.about)
    await store.insert_registration(connection, client.client_key, registration, admitted.token.label, now)
    who = _Way(maker_id, admitted.token.name)
    after = {name: value for name, value in describe_details(wish.details).items() if value}
    await _note(portal, connection, Action.CLIENT_REGISTERED, client, who, after=after)
    secret = await _add_secret(portal, connection, client, who)
    log.info("client registered", client_id=client.client_id, token=str(admitted.token.id))
    return Told(await load_sheet_of(connection, client), registration, token, secret)


@dataclass(frozen=True, slots=True)
class _Way:
    """Who acts, and through what, as the audit trail says it."""

    actor_id: PersonId | None
    through: str


_ITSELF = _Way(None, BY_ITSELF)


async def _note(
    portal: Portal,
    connection: Connection,
    action: Action,
    client: RegisteredClient,
    who: _Way,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    now, named = portal.clock(), client.client_id
    change = Change(
        client.tenancy_id, who.actor_id, action, named, now, before or {}, after or {}, who.through
    )
    await record_change(connection, change)


def _needs_secret(details: ClientDetails | RegisteredClient) -> bool:
    return not details.is_public and details.token_endpoint_auth_method is not AuthMethod.PRIVATE_KEY_JWT


def _has_secret(client: RegisteredClient) -> bool:
    """Whether one is there that serves the client's method."""
    signs = client.token_endpoint_auth_method is AuthMethod.CLIENT_SECRET_JWT
    return any(secret.sealed or not signs for secret in client.secrets)


async def _add_secret(portal: Portal, connection: Connection, client: RegisteredClient, who: _Way) -> str:
    """As the portal generates one: told once, kept as a keyed digest, and sealed for a client that signs with it. Empty
    for a client that needs none."""
    if not _needs_secret(client):
        return ""
    secret, now = create_client_secret(portal.entropy), portal.clock()
    stored = StoredSecret(
        create_uuid(now, portal.entropy),
        SecretAlgorithm.KEYED_DIGEST.value,
        portal.verifier.digest(secret),
        now,
    )
    method = client.token_endpoint_auth_method
    stored = replace(stored, sealed=portal.vault.seal(method, client.client_key, stored, Secret(secret)))
    await secret_store.insert_secret(
        connection, client.client_key, NewSecret(stored, _LABEL, secret[-ENDING:], None), who.actor_id
    )
    after: Values = {"secret_id": str(stored.id), "is_generated": True, "label": _LABEL}
    await _note(portal, connection, Action.SECRET_ADDED, client, who, after=after)
    await portal.events.record(connection, _describe_addition(client, stored, who))
    return secret


def _describe_addition(client: RegisteredClient, secret: StoredSecret, who: _Way) -> SecurityEvent:
    """In the log of whose token registers it, or in that of nobody when it changes itself."""
    detail = {"app": client.display_name, "secret_id": str(secret.id), "through": who.through}
    actor = "" if who.actor_id else by_client(client.client_id)
    kind = SecurityEventKind.CLIENT_SECRET_ADDED
    return SecurityEvent(kind, who.actor_id or INSTANCE, actor, client.client_id, detail)


async def read(portal: Portal, authorization: str | None, client_id: str) -> Told:
    """RFC 7592 2.1. The token stays what it is: whoever only looks must not lose it with an answer that is lost."""
    opened = await admit_registration(portal, authorization, client_id)
    return Told(opened.sheet, opened.registration, opened.text)


async def replace_metadata(portal: Portal, authorization: str | None, client_id: str, content: bytes) -> Told:
    """RFC 7592 2.2: what is left out is taken off. The registration access token is another afterwards. Raises as
    `register`."""
    opened = await admit_registration(portal, authorization, client_id)
    sheet = opened.sheet
    await portal.accounts.limiter.spend(CHANGES, client_id, portal.clock())
    wish = read_wish(content, sheet.details, is_strict=portal.is_strict)
    _check_names(portal, opened, wish.sent)
    wish = replace(wish, details=judge(wish.details, look_around(portal, sheet)))
    is_kept = wish.logo_uri == f"{portal.accounts.issuer}{LOGO_PATH}{sheet.presentation.logo}"
    with rewording():
        tenancy = Tenancy(sheet.client.tenancy_id, "")
        await portal.fetcher.check_sector_list(tenancy.id, wish.details, sheet.details)
        logo = None if is_kept else await _fetch_logo(portal, tenancy, wish)
    async with portal.database.transaction() as connection:
        present = await _lock(portal, connection, opened)
        _check_change(sheet, present.sheet, wish.details, is_kept or logo is not None, portal.clock())
        return await _update(portal, connection, present, wish, logo, is_logo_kept=is_kept)


def _check_names(portal: Portal, opened: Opened, sent: Mapping[str, Any]) -> None:
    """RFC 7592 2.2: what a program must say of itself, and what it must not."""
    client = opened.sheet.client
    if sent.get("client_id") != client.client_id:
        raise refuse("client_id: repeat the one of this address.")
    for name in (*_NO_CHANGE, "client_secret_expires_at"):
        if name in sent:
            raise refuse(f"{name}: leave it out, it is not the program's to set.")
    secret = sent.get("client_secret")
    if secret is not None and not (isinstance(secret, str) and portal.verifier.is_generated(client, secret)):
        raise refuse("client_secret: this is not the client's. It cannot be chosen; leave it out.")


async def _lock(portal: Portal, connection: Connection, opened: Opened) -> Opened:
    """The registration as nobody else can change it until the transaction ends, if its token is still the one that was
    presented: of two at once, one is too late."""
    client = opened.sheet.client
    await team_store.share_tenancy(connection, client.tenancy_id)
    await sheet_store.lock_client(connection, client.client_key)
    return check_open(await load_opened(connection, portal, client.client_id, opened.text))


def _check_change(
    seen: ClientSheet, sheet: ClientSheet, details: ClientDetails, has_logo: bool, now: datetime
) -> None:
    if sheet.version != seen.version:
        words = "Somebody has changed the client in the portal just now. Read it, and try again."
        raise RegistrationError(RegistrationFault.METADATA, words, status=409)
    faults = find_change_faults(sheet, details, now)
    if not has_logo and (fault := find_broken(sheet, details, "", now).get("logo")):
        faults["logo"] = [fault]
    if faults:
        raise refuse_faults(faults)


async def _update(
    portal: Portal,
    connection: Connection,
    opened: Opened,
    wish: Wish,
    logo: Picture | None,
    *,
    is_logo_kept: bool,
) -> Told:
    before, key, now = opened.sheet, opened.sheet.client.client_key, portal.clock()
    await sheet_store.update_client(connection, key, wish.details, now)
    await _change_logo(connection, key, logo, now, is_kept=is_logo_kept)
    after = await load_sheet_of(connection, before.client)
    sides = compare(_describe(before), _describe(after))
    if any(sides):
        await _note(portal, connection, Action.CLIENT_CHANGED, before.client, _ITSELF, *sides)
    is_provided = _has_secret(after.client)
    secret = "" if is_provided else await _add_secret(portal, connection, after.client, _ITSELF)
    token = create_registration_token(portal.entropy)
    registration = Registration(portal.verifier.digest(token), wish.secret_method, wish.about)
    presented = opened.registration.digest
    if not await store.replace_registration(connection, key, presented, registration):
        raise refuse_token("This registration access token was replaced in the meantime.")
    log.info("client changed", client_id=before.client.client_id, through=BY_ITSELF)
    return Told(after, registration, token, secret)


def _describe(sheet: ClientSheet) -> dict[str, Any]:
    return {**describe_details(sheet.details), "logo": sheet.presentation.logo}


async def _change_logo(
    connection: Connection, client_key: ClientKey, logo: Picture | None, now: datetime, *, is_kept: bool
) -> None:
    if logo is not None:
        await logo_store.save_logo(connection, client_key, logo, now)
    elif not is_kept:
        await logo_store.delete_logo(connection, client_key)


async def delete(portal: Portal, authorization: str | None, client_id: str) -> None:
    """RFC 7592 2.3: as in the portal, all that the client holds ends at once, and it is gone for good in thirty days.
    Its token opens nothing any more. Raises as `read`."""
    opened = await admit_registration(portal, authorization, client_id)
    async with portal.database.transaction() as connection:
        opened = await _lock(portal, connection, opened)
        sheet = opened.sheet
        await sheet_store.mark_deleted(connection, sheet.client.client_key, portal.clock())
        await portal.on_client_ended(connection, sheet.client)
        await store.close_registration(connection, sheet.client.client_key)
        states: tuple[Values, Values] = ({"state": sheet.state.value}, {"state": "deleted"})
        await _note(portal, connection, Action.CLIENT_DELETED, sheet.client, _ITSELF, *states)
    log.info("client state", client_id=client_id, state="deleted", through=BY_ITSELF)
