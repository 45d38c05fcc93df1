"""What the account of a person who closes it, or whom support suspends, means here."""

from borvo.kernel.ids import PersonId
from borvo.kernel.text import say
from borvo.portal.audit import Action, Change, record_change
from borvo.portal.service import Portal
from borvo.portal.tokens import store
from borvo.storage.database import Connection


async def list_hindrances(connection: Connection, person_id: PersonId) -> list[str]:
    """In words for her: tenancies that would be left without an owner, though others or clients are in them."""
    rows = await connection.fetch(
        """select t.prefix from tenancy_member m join tenancy t on t.id = m.tenancy_id
           where m.person_id = $1 and m.role = 'owner'
             and not exists (
               select from tenancy_member o join person p on p.id = o.person_id and p.closed_at is null
               where o.tenancy_id = m.tenancy_id and o.role = 'owner' and o.person_id <> $1)
             and (exists (select from client c where c.tenancy_id = t.id and c.deleted_at is null)
               or exists (select from tenancy_member o where o.tenancy_id = t.id and o.person_id <> $1))
           order by t.prefix""",
        person_id,
    )
    return [
        say(
            "You are the only owner of the developer tenancy %(prefix)s. Make somebody else an owner, "
            "or delete its clients and remove its members.",
            prefix=row["prefix"],
        )
        for row in rows
    ]


async def forget_member(connection: Connection, person_id: PersonId) -> None:
    """Her places in teams and her personal access tokens. What she changed stays in the audit trail."""
    for table in ("tenancy_member", "personal_token"):
        await connection.execute(f"delete from {table} where person_id = $1", person_id)


async def end_tokens_of(portal: Portal, connection: Connection, person_id: PersonId) -> None:
    """Her personal access tokens open nothing any more; each is in the trail of its tenancy, as the operator's deed."""
    for token in await store.delete_tokens_of(connection, person_id):
        before = {"label": token.label, "owner": token.email}
        name = f"token ending {token.ending}"
        change = Change(token.tenancy_id, None, Action.TOKEN_REVOKED, name, portal.clock(), before)
        await record_change(connection, change)
