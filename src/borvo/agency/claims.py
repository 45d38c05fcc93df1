"""Whom an asker may reach, and query tokens for them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from borvo.accounts.public import load_person
from borvo.agency import access_store, consent_store, token_store
from borvo.agency.bodies import AskedSubjects, ClaimAnswer, parse_subjects
from borvo.agency.model import (
    QUERY_TOKEN_LIFETIME,
    Asker,
    Names,
    ReadGrant,
    ReadNote,
    Relationship,
    Subject,
)
from borvo.agency.service import Agency, admit_asker, find_asker, name_agent, name_client
from borvo.agency.words import write_first_read
from borvo.identity.public import Admission, Api, verify_token
from borvo.kernel.digests import digest_token
from borvo.kernel.entropy import create_token, create_uuid, decode_bytes
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.ids import OrganisationId
from borvo.mail.posting import post_mail
from borvo.organisations.public import load_organisation
from borvo.storage.database import Connection, Row
from borvo.web.bearer import PresentedToken

_USED = (
    "This agency-query-token opens nothing: it was used, is older than thirty seconds, is another caller's, or what "
    "it rests on has changed. Ask for a new one."
)


async def list_claims(agency: Agency, presented: PresentedToken) -> list[list[ClaimAnswer]]:
    """Contract 3.1: one inner list for each person who shares something with the caller by this client."""
    asker = await find_asker(agency, presented)
    async with agency.accounts.database.connection() as connection:
        rows = await consent_store.list_claims(connection, asker, agency.accounts.clock())
    return [_describe(row) for row in rows]


@cache
def _name_scope(scope: str) -> ClaimAnswer:
    """One object for all people who share it: an agent may have ten thousand. Scopes come from the catalogue only."""
    return ClaimAnswer("scope", scope)


def _describe(row: Row) -> list[ClaimAnswer]:
    claims = [
        ClaimAnswer("sub", str(row["subject"])),
        ClaimAnswer("name", f"{row['given_name']} {row['family_name']}".strip()),
        ClaimAnswer("given_name", row["given_name"]),
        ClaimAnswer("family_name", row["family_name"]),
        ClaimAnswer("email", row["email"]),
    ]
    if row["birthdate"]:
        claims.append(ClaimAnswer("birthdate", row["birthdate"]))
    claims += map(_name_scope, row["scopes"])
    return claims


async def issue_token(agency: Agency, presented: PresentedToken, body: bytes) -> str:
    """Contract 7: raises `ForbiddenError` when one of those named cannot be reached, whether she is unknown or has
    not consented."""
    admission = await verify_token(agency.identity, presented, api=Api.AGENCY)
    accounts = agency.accounts
    async with accounts.database.transaction() as connection:
        asker = await admit_asker(connection, admission)
        opened = await _select(agency, connection, asker, parse_subjects(body))
        token = create_token(accounts.entropy)
        expires_at = accounts.clock() + QUERY_TOKEN_LIFETIME
        await token_store.insert_token(connection, digest_token(token), asker, opened, expires_at)
    return token


async def _select(
    agency: Agency, connection: Connection, asker: Asker, asked: AskedSubjects
) -> list[Relationship]:
    now = agency.accounts.clock()
    named = await consent_store.find_reached(connection, asker, asked.included, now)
    if len(named) < len(asked.included):
        raise ForbiddenError("One of the subjects named does not share anything with you by this client.")
    everybody = await consent_store.list_reached(connection, asker, now) if asked.is_all else []
    chosen = {each.subject: each for each in [*everybody, *named.values()]}
    return [each for each in chosen.values() if each.subject not in asked.excluded]


async def redeem_token(
    agency: Agency, connection: Connection, admission: Admission, text: str
) -> tuple[Asker, list[ReadGrant]]:
    """Uses the token up, in the caller's transaction, and says what may be read by it now. Raises
    `UnauthenticatedError` and `ForbiddenError`; a token that is refused because of what it rests on is used up, too,
    if the caller commits."""
    asker = await admit_asker(connection, admission)
    now = agency.accounts.clock()
    versions = None
    if decode_bytes(text) is not None:
        versions = await token_store.use_token(connection, digest_token(text), asker, now)
    grants = None if versions is None else await load_grants(agency, connection, asker, versions)
    if grants is None:
        raise ForbiddenError(_USED)
    return asker, grants


async def load_grants(
    agency: Agency, connection: Connection, asker: Asker, versions: Mapping[Subject, int]
) -> list[ReadGrant] | None:
    """What the asker may read of these people now; None unless she reaches every one of them, by a consent of the very
    version."""
    now = agency.accounts.clock()
    reached = await consent_store.find_reached(connection, asker, list(versions), now)
    if {subject: each.version for subject, each in reached.items()} != versions:
        return None
    organisations = await _name_organisations(connection, reached.values())
    return [_grant(each, organisations) for each in reached.values()]


async def _name_organisations(
    connection: Connection, reached: Iterable[Relationship]
) -> dict[OrganisationId, str]:
    ids = {OrganisationId(each.agency_id) for each in reached if each.is_organisation}
    found = [await load_organisation(connection, each) for each in ids]
    return {each.id: each.name for each in found if each is not None}


def _grant(relationship: Relationship, organisations: dict[OrganisationId, str]) -> ReadGrant:
    name = (
        organisations.get(OrganisationId(relationship.agency_id), "") if relationship.is_organisation else ""
    )
    choice = relationship.choice
    return ReadGrant(
        relationship.person_id,
        relationship.subject,
        frozenset(choice.scopes),
        choice.data_from,
        relationship.version,
        name,
    )


async def record_reads(
    agency: Agency,
    connection: Connection,
    asker: Asker,
    noted: Sequence[tuple[ReadGrant, ReadNote]],
    *,
    is_refused: bool = False,
) -> None:
    """Writes into the log of each of the people what was read of her, in the transaction that reads it. Who is read
    by an agency for the first time is told by mail; a look that was refused is in the log alone."""
    if not noted:
        return
    accounts, now = agency.accounts, agency.accounts.clock()
    agent = await name_agent(connection, asker.agent_id)
    client = await name_client(connection, asker.client_key)
    ids = [create_uuid(now, accounts.entropy) for _ in noted]
    await access_store.insert_accesses(
        connection, ids, now, asker.agent_id, asker.client_id, agent, client, noted
    )
    grants = [] if is_refused else [grant for grant, _ in noted]
    first = set(await access_store.mark_first_reads(connection, grants, now))
    for grant in grants:
        if grant.subject in first:
            names = Names(agent, grant.organisation, client)
            await _tell_first_read(agency, connection, grant, names)


async def _tell_first_read(agency: Agency, connection: Connection, grant: ReadGrant, names: Names) -> None:
    person = await load_person(connection, grant.person_id)
    if person is not None:
        accounts = agency.accounts
        mail = write_first_read(person.email, names, accounts.issuer)
        await post_mail(
            accounts.outbox, connection, mail, person_id=person.id, language=accounts.speak(person.locale)
        )
