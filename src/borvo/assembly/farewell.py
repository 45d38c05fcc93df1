"""Tells every feature of a person who closes her account, or whom support suspends: accounts is below them all and
knows none."""

from dataclasses import replace

from borvo.accounts.public import Accounts
from borvo.agency import public as agency
from borvo.dataserver import public as dataserver
from borvo.dataserver.public import DataServer
from borvo.identity import public as identity
from borvo.identity.public import Identity
from borvo.kernel.ids import PersonId
from borvo.organisations import public as organisations
from borvo.portal import public as portal
from borvo.portal.public import Portal
from borvo.storage.database import Connection

_ACTOR = "closing of the account"


def prepare_farewell(
    people: Accounts, provider: Identity, samples: DataServer, developers: Portal
) -> Accounts:
    """The same people, whose accounts can be closed and suspended."""

    async def list_hindrances(connection: Connection, person_id: PersonId) -> list[str]:
        return [
            *await portal.list_hindrances(connection, person_id),
            *await organisations.list_hindrances(connection, person_id),
        ]

    async def erase_elsewhere(connection: Connection, person_id: PersonId) -> None:
        # The samples first: erasing them waits for locks.
        await dataserver.erase_person(samples, connection, person_id, actor=_ACTOR)
        await identity.forget_person(provider, connection, person_id)
        await agency.forget_person(connection, person_id)
        await organisations.forget_member(connection, person_id)
        await portal.forget_member(connection, person_id)

    async def end_elsewhere(connection: Connection, person_id: PersonId) -> None:
        await identity.end_grants_of_person(provider, connection, person_id)
        await portal.end_tokens_of(developers, connection, person_id)
        await agency.end_tokens_of(connection, person_id)

    return replace(
        people,
        list_hindrances=list_hindrances,
        erase_elsewhere=erase_elsewhere,
        end_elsewhere=end_elsewhere,
    )
