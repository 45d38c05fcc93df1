"""The SQL by which the end of all sessions of a person and her sign-ins wait for each other. Every function takes a
connection and none commits."""

from borvo.accounts.model import Person
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection


async def begin_epoch(connection: Connection, person_id: PersonId) -> None:
    """Before all sessions of the person end: waits for those who are being let in, whose sessions end then, and lets
    nobody in who was loaded before."""
    await connection.execute("update person set sign_in_epoch = sign_in_epoch + 1 where id = $1", person_id)


async def hold_epoch(connection: Connection, person: Person) -> bool:
    """Whether nothing has ended all sessions of the person since she was loaded; and nothing does so until the
    transaction ends, but sees what it has written."""
    is_same = await connection.fetchval(
        "select true from person where id = $1 and sign_in_epoch = $2 for share", person.id, person.epoch
    )
    return bool(is_same)


async def hold_person(connection: Connection, person_id: PersonId) -> None:
    """Nobody removes a factor of hers for the clock's sake, or ends her sessions, until the transaction ends."""
    await connection.execute("select from person where id = $1 for share", person_id)


async def lock_person(connection: Connection, person_id: PersonId) -> None:
    """First of all in whatever changes what she proves herself by, so that nobody waits for each other in a circle."""
    await connection.execute("select from person where id = $1 for update", person_id)
