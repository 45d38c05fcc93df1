"""What the account of a person who closes it means here."""

from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.storage.database import Connection


async def list_hindrances(connection: Connection, person_id: PersonId) -> list[str]:
    """In words for her: organisations with other members that would be left without a manager."""
    rows = await connection.fetch(
        """select o.name from organisation_member m join organisation o on o.id = m.organisation_id
           where m.person_id = $1 and m.role = 'membership_manager'
             and not exists (
               select from organisation_member x join person p on p.id = x.person_id and p.closed_at is null
               where x.organisation_id = m.organisation_id and x.role = m.role and x.person_id <> $1)
             and exists (
               select from organisation_member x
               where x.organisation_id = m.organisation_id and x.person_id <> $1)
           order by o.folded_name""",
        person_id,
    )
    return [
        say(
            "You are the only manager of members of %(name)s. Make somebody else a manager first.",
            name=row["name"],
        )
        for row in rows
    ]


async def forget_member(connection: Connection, person_id: PersonId) -> None:
    """Her places in organisations. What people allowed them stays."""
    await connection.execute("delete from organisation_member where person_id = $1", person_id)
