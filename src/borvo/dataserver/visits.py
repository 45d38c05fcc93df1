"""Spending a query token: what it opens, and when it is used up."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from borvo.agency.public import Agency, Asker, ReadGrant, redeem_token
from borvo.identity.public import Admission
from borvo.kernel.errors import BorvoError
from borvo.storage.database import Connection, Database

_SERVER_FAULT = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody in front of what people share with her, in the transaction that used her token up."""

    agency: Agency
    connection: Connection
    asker: Asker
    grants: list[ReadGrant]


async def spend_token(
    agency: Agency, admission: Admission, query_token: str, use: Callable[[Visit], Awaitable[T]]
) -> T:
    """What `use` makes of it, in one transaction, which is committed before anything is answered. A fault of ours
    leaves the token as it was, a refusal uses it up."""

    async def spend(connection: Connection) -> T:
        asker, grants = await redeem_token(agency, connection, admission, query_token)
        return await use(Visit(agency, connection, asker, grants))

    return await keep_refusals(agency.accounts.database, spend)


async def keep_refusals(database: Database, work: Callable[[Connection], Awaitable[T]]) -> T:
    """The work in one transaction, which is committed when it refuses, too, and rolled back only by a fault of ours. So
    what is written before a refusal has to be the log of who looked, and nothing else."""
    refusal: BorvoError
    async with database.transaction() as connection:
        try:
            return await work(connection)
        except BorvoError as error:
            if error.status >= _SERVER_FAULT:
                raise
            refusal = error
    raise refusal
