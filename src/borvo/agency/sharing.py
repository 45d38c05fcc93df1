"""Use cases of a person who shares: who can see what, who looked, and changing or ending it. What she changes works
on the next request of whoever reads."""

import json
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID

from borvo.accounts.public import Person
from borvo.agency import access_store, consent_store, invite_store
from borvo.agency.model import Choice, Invite, Names, Relationship, Standing, Subject
from borvo.agency.policy import check_change, check_choice, decide_change
from borvo.agency.service import Agency, name_agent, name_client, name_invite, name_organisation
from borvo.agency.words import list_asked, spell_lines
from borvo.kernel.errors import ConflictError, InvalidInputError, NotFoundError
from borvo.kernel.ids import OrganisationId, PersonId
from borvo.kernel.text import say
from borvo.languages.choice import choose_language
from borvo.languages.language import Language
from borvo.storage.database import Connection, Row
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind


@dataclass(frozen=True, slots=True)
class Shared:
    """What a person shares with one agency by one client, and how it was used."""

    relationship: Relationship
    names: Names
    reads: int
    last_read_at: datetime | None

    def is_active(self, now: datetime) -> bool:
        return self.relationship.is_active(now)


async def name_relationship(connection: Connection, relationship: Relationship) -> Names:
    client = await name_client(connection, relationship.client_key)
    if relationship.is_organisation:
        name = await name_organisation(connection, OrganisationId(relationship.agency_id))
        return Names("", name, client)
    return Names(await name_agent(connection, PersonId(relationship.agency_id)), "", client)


async def list_shared(agency: Agency, person: Person) -> list[Shared]:
    """Those that were changed last first."""
    async with agency.accounts.database.connection() as connection:
        counts = await access_store.count_accesses(connection, person.id)
        return [
            Shared(
                each,
                await name_relationship(connection, each),
                *counts.get(each.subject, (0, None)),
            )
            for each in await consent_store.list_own(connection, person.id)
        ]


async def list_waiting(agency: Agency, person: Person) -> list[tuple[Invite, Names]]:
    """The requests that she wanted to decide on later."""
    async with agency.accounts.database.connection() as connection:
        found = await invite_store.list_kept_invites(connection, person.id, agency.accounts.clock())
        return [(invite, await name_invite(connection, invite)) for invite in found]


async def find_shared(agency: Agency, person: Person, subject: Subject | None) -> Shared:
    """Raises `NotFoundError`."""
    for shared in await list_shared(agency, person):
        if shared.relationship.subject == subject:
            return shared
    raise _refuse()


def _refuse() -> NotFoundError:
    return NotFoundError(say("You share nothing under this address."))


async def change(
    agency: Agency,
    person: Person,
    subject: Subject | None,
    language: Language,
    *,
    standing: Standing | None = None,
    choice: Choice | None = None,
) -> None:
    """The next version of her consent: what is not given stays as it is by then. What she saw is kept in the `language`
    of the page. Raises `NotFoundError`,
    `ConflictError` for what has ended, and `InvalidInputError` for a choice that is more than she shares."""
    async with agency.accounts.database.transaction() as connection:
        present = await consent_store.load_own(connection, person.id, subject) if subject else None
        if present is None:
            raise _refuse()
        present = await consent_store.lock_relationship(
            connection, person.id, present.client_key, present.agency_id
        )
        if present is None:
            raise _refuse()
        if fault := check_change(present, standing):
            raise ConflictError(fault)
        now = agency.accounts.clock()
        _check(present, choice, now)
        changed = decide_change(present, choice or present.choice, standing or present.standing, now)
        scopes = present.choice.scopes
        words = spell_lines(scopes, language) if choice else map(language.say, list_asked(scopes))
        await _save(agency, connection, person, changed, {"language": language.tag, "words": [*words]})


def _check(present: Relationship, choice: Choice | None, now: datetime) -> None:
    """She narrows by herself; to share more, she has to be asked."""
    fault = check_choice(choice, present.choice.scopes, now, None) if choice else None
    if fault:
        raise InvalidInputError(fault, {"form": [fault]})


async def _save(
    agency: Agency, connection: Connection, person: Person, changed: Relationship, page: dict[str, Any]
) -> None:
    """`page` has the lines of the one on which she changed it, as `words`, and its `language`."""
    names = await name_relationship(connection, changed)
    shown = {
        **page,
        "changed": True,
        "agent": names.agent,
        "organisation": names.organisation,
        "client": names.client,
    }
    await consent_store.save_relationship(connection, changed, shown)
    kind = (
        SecurityEventKind.SHARING_ENDED
        if changed.standing is Standing.ENDED
        else SecurityEventKind.SHARING_CHANGED
    )
    detail = {"agency": names.agency, "app": names.client, "version": changed.version}
    await agency.accounts.events.record(connection, SecurityEvent(kind, person.id, detail=detail))


async def list_accesses(
    agency: Agency, person: Person, *, before: UUID | None = None, most: int
) -> list[Row]:
    """Who looked at her data, newest first."""
    async with agency.accounts.database.connection() as connection:
        return await access_store.list_accesses(connection, person.id, before=before, most=most)


async def export_consents(agency: Agency, person: Person, subject: Subject | None) -> list[dict[str, Any]]:
    """Every version of one consent as it was given, first one first, each a FHIR R4 Consent. Raises
    `NotFoundError`."""
    async with agency.accounts.database.connection() as connection:
        rows = await consent_store.list_versions(connection, person.id, subject) if subject else []
    if not rows or subject is None:
        raise _refuse()
    return [build_fhir_consent(person, subject, row) for row in rows]


_FHIR_STATES = {Standing.ACTIVE: "active", Standing.PAUSED: "inactive", Standing.ENDED: "inactive"}


def build_fhir_consent(person: Person, subject: Subject, row: Row) -> dict[str, Any]:
    """FHIR R4 Consent: `provision` permits what was chosen, for the actor who asked."""
    shown = json.loads(row["shown"])
    language = choose_language([shown.get("language", "")])
    rule = say("Shared by the app %(client)s", client=shown.get("client", ""))
    period = {"start": row["at"].isoformat()} | ({"end": row["until"].isoformat()} if row["until"] else {})
    provision: dict[str, Any] = {
        "type": "permit",
        "period": period,
        "actor": [
            {
                "role": {"coding": [{"system": _PARTICIPATION, "code": "IRCP"}]},
                "reference": {"display": shown.get("organisation") or shown.get("agent") or ""},
            }
        ],
        "class": [{"code": scope} for scope in row["scopes"]],
    }
    if row["data_from"]:
        provision["dataPeriod"] = {"start": row["data_from"].isoformat()}
    return {
        "resourceType": "Consent",
        "id": f"{subject}-{row['version']}",
        "status": _FHIR_STATES[Standing(row["standing"])],
        "scope": {"coding": [{"system": _SCOPE, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"identifier": {"value": str(person.id)}, "display": person.display_name},
        "dateTime": row["at"].isoformat(),
        "policyRule": {"text": language.say(rule)},
        "provision": provision,
        "language": shown.get("language", "en"),
        **_narrate(shown),
    }


def _narrate(shown: dict[str, Any]) -> dict[str, Any]:
    """The words that she read, as the resource's text; changes by older releases have none."""
    if not (words := shown.get("words")):
        return {}
    purpose = f"<p>{escape(shown['purpose'])}</p>" if shown.get("purpose") else ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in words)
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{purpose}<ul>{lines}</ul></div>'
    return {"text": {"status": "additional", "div": div}}


_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
