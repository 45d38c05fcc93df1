"""Deletes what nobody needs any more."""

from datetime import timedelta

from borvo.agency import access_store, consent_store, invite_store, token_store
from borvo.agency.service import Agency

TOKEN_MEMORY = timedelta(hours=1)


async def clean_up(agency: Agency) -> None:
    now = agency.accounts.clock()
    async with agency.accounts.database.transaction() as connection:
        await token_store.delete_expired_tokens(connection, now - TOKEN_MEMORY)
        await invite_store.delete_old_invites(connection, now - agency.invites_kept)
        await access_store.delete_old_reads(connection, now - agency.reads_kept)
        await consent_store.delete_old_versions(connection, now - agency.reads_kept)
