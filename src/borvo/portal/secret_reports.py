"""Reports of secrets that were found in public. Whoever reports learns nothing: neither whether a text holds a secret
that works, nor whose it is."""

import asyncio
import time
from uuid import UUID

import structlog

from borvo.accounts.public import Limit, speak_to
from borvo.kernel.ids import PersonId
from borvo.kernel.origin import current_origin
from borvo.mail.posting import post_mail
from borvo.portal import secret_store
from borvo.portal.audit import Action, Change, Values, record_change
from borvo.portal.registration import store as registration_store
from borvo.portal.secret_format import find_candidates
from borvo.portal.secret_store import OwnedSecret
from borvo.portal.service import Portal
from borvo.portal.tokens import store as token_store
from borvo.portal.tokens.store import EndedToken
from borvo.portal.words import write_report_notice, write_token_report_notice
from borvo.storage.database import Connection
from borvo.storage.security_events.model import INSTANCE, STRANGER, SecurityEvent, SecurityEventKind
from borvo.web.addresses import find_network

REPORTS = Limit("secret-report", 60)
"""By network. One report may hold many secrets."""

REPORT_MAXIMUM = 60_000
"""Characters. What is longer is sent in parts."""

ANSWER_SECONDS = 0.3
"""No answer comes sooner, so that its time does not tell whether anything was found."""

log = structlog.get_logger(__name__)


async def report_secrets(portal: Portal, text: str) -> None:
    """Revokes every live generated secret and token in the text at once. Raises `TooManyRequestsError` for a network
    that reports too often."""
    until = time.monotonic() + ANSWER_SECONDS
    network = find_network(current_origin().find_address())
    await portal.accounts.limiter.spend(REPORTS, network, portal.clock())
    if candidates := find_candidates(text):
        await _revoke(portal, [portal.verifier.digest(each) for each in candidates])
    await asyncio.sleep(until - time.monotonic())


async def _revoke(portal: Portal, digests: list[bytes]) -> None:
    async with portal.database.transaction() as connection:
        revoked = await secret_store.delete_published(connection, digests, portal.clock())
        for secret in revoked:
            await _announce(portal, connection, secret)
        tokens = await token_store.delete_published(connection, digests, portal.clock())
        for token in tokens:
            await _announce_token(portal, connection, token)
        opened = await registration_store.delete_published(connection, digests)
        for each in opened:
            await record_change(
                connection,
                Change(each.tenancy_id, None, Action.TOKEN_REPORTED, each.subject, portal.clock()),
            )
    for secret in revoked:
        log.warning("client secret reported and revoked", client_id=secret.client_id, secret=str(secret.id))
    for token in tokens:
        log.warning("personal token reported and revoked", token=str(token.id), person=str(token.person_id))
    for each in opened:
        log.warning("token reported and revoked", subject=each.subject)


async def _announce_token(portal: Portal, connection: Connection, token: EndedToken) -> None:
    """In the audit trail of its tenancy, in its owner's log, and by mail to her."""
    before: Values = {"label": token.label, "owner": token.email}
    now, name = portal.clock(), f"token ending {token.ending}"
    await record_change(connection, Change(token.tenancy_id, None, Action.TOKEN_REPORTED, name, now, before))
    detail = {"tenancy": token.prefix, "ending": token.ending}
    kind = SecurityEventKind.PERSONAL_TOKEN_REPORTED
    await portal.events.record(
        connection, SecurityEvent(kind, token.person_id, actor=STRANGER, detail=detail)
    )
    mail = write_token_report_notice(portal.accounts.issuer, token)
    language = await speak_to(portal.accounts, connection, PersonId(token.person_id))
    await post_mail(portal.accounts.outbox, connection, mail, person_id=token.person_id, language=language)


async def _announce(portal: Portal, connection: Connection, secret: OwnedSecret) -> None:
    """In the logs of all who could have published it, and by mail."""
    accounts, detail = portal.accounts, {"app": secret.display_name, "secret_id": str(secret.id)}
    before: Values = {"secret_id": str(secret.id), "is_generated": True}
    change = Change(secret.tenancy_id, None, Action.SECRET_REPORTED, secret.client_id, portal.clock(), before)
    await record_change(connection, change)
    editors = await secret_store.list_editors(connection, secret.tenancy_id)
    logs: list[UUID] = [editor for editor, _ in editors]
    for person_id in logs or [INSTANCE]:
        kind = SecurityEventKind.CLIENT_SECRET_REPORTED
        event = SecurityEvent(kind, person_id, actor=STRANGER, client_id=secret.client_id, detail=detail)
        await portal.events.record(connection, event)
    for person_id, email in editors:
        mail = write_report_notice(email, accounts.issuer, secret)
        language = await speak_to(accounts, connection, PersonId(person_id))
        await post_mail(accounts.outbox, connection, mail, person_id=person_id, language=language)
