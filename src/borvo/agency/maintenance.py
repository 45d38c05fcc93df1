"""Deletes what nobody needs any more."""

from datetime import timedelta

from borvo.agency import invite_store, token_store
from borvo.agency.service import Agency

TOKEN_MEMORY = timedelta(hours=1)
INVITE_MEMORY = timedelta(days=365)
"""How long after their end agents see invites."""


async def clean_up(agency: Agency) -> None:
    """Consents and the log of reads stay."""
    now = agency.accounts.clock()
    async with agency.accounts.database.transaction() as connection:
        await token_store.delete_expired_tokens(connection, now - TOKEN_MEMORY)
        await invite_store.delete_old_invites(connection, now - INVITE_MEMORY)
