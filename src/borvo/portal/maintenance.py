"""Warns those who can replace a secret that ends, and clears away what has grown old."""

from datetime import datetime

from borvo.accounts.public import speak_to
from borvo.kernel.ids import PersonId
from borvo.mail.posting import post_mail
from borvo.portal import activity, activity_store, headroom, lifecycle, refusal_store, secret_store
from borvo.portal.audit import delete_old_changes
from borvo.portal.expiry import EXPIRED_KEPT, WARNINGS
from borvo.portal.registration import store as registration_store
from borvo.portal.secret_store import OwnedSecret
from borvo.portal.service import Portal
from borvo.portal.team import invitations
from borvo.portal.test_drive import service as test_drives
from borvo.portal.tokens import store as token_store
from borvo.portal.words import write_warning
from borvo.storage.database import Connection


async def maintain(portal: Portal) -> None:
    """Every worker does it now and then: what one has claimed the next does not find. A claim and its mails are
    committed together, so each warning is posted once."""
    for days in WARNINGS:
        async with portal.database.transaction() as connection:
            for secret in await secret_store.claim_warnings(connection, days, portal.clock()):
                await _warn(portal, connection, secret, days)
    async with portal.database.transaction() as connection:
        await secret_store.delete_expired(connection, portal.clock() - EXPIRED_KEPT)
        await token_store.delete_expired(connection, portal.clock() - EXPIRED_KEPT)
        await registration_store.delete_expired_tokens(connection, portal.clock() - EXPIRED_KEPT)
        await refusal_store.delete_old(connection, portal.clock() - portal.refusals_kept)
        await delete_old_changes(connection, portal.clock() - portal.trail_kept)
        await _forget_activity(connection, portal.clock())


async def _forget_activity(connection: Connection, now: datetime) -> None:
    await activity_store.delete_old(connection, (now - activity.KEPT).date(), now - headroom.KEPT)


async def clean_up(portal: Portal) -> None:
    """Lets go of what has had its time: clients deleted long ago, invitations, and sandbox people left behind."""
    await lifecycle.clean_up(portal)
    await invitations.clean_up(portal)
    await test_drives.clean_up(portal)


async def _warn(portal: Portal, connection: Connection, secret: OwnedSecret, days: int) -> None:
    accounts = portal.accounts
    for person_id, email in await secret_store.list_editors(connection, secret.tenancy_id):
        mail = write_warning(email, accounts.issuer, secret, days)
        language = await speak_to(accounts, connection, PersonId(person_id))
        await post_mail(accounts.outbox, connection, mail, person_id=person_id, language=language)
