"""The SQL of what people tell about themselves. Every function takes a connection and none commits."""

from dataclasses import fields
from datetime import datetime

from borvo.accounts.model import ClaimsSubject, PostalAddress, Profile, ProfileDetails
from borvo.accounts.store import PERSON_COLUMNS, read_person
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection, Row

# The columns are named as the fields are.
_ADDRESS = [field.name for field in fields(PostalAddress)]
_OWN = [field.name for field in fields(Profile) if field.name != "address"]
_TEXTS = [*_OWN, *_ADDRESS]
CLAIMS_COLUMNS = f"""
    {PERSON_COLUMNS}, {", ".join(f"f.{name}" for name in _TEXTS)}, f.phone_number_verified_at,
    coalesce(f.updated_at, p.created_at) as updated_at
"""
_LOAD = f"""
    select {CLAIMS_COLUMNS}
    from person p left join person_profile f on f.person_id = p.id
    where p.id = $1 and p.closed_at is null"""
_SAVE = f"""
    insert into person_profile (person_id, updated_at, {", ".join(_TEXTS)})
    values ($1, $2, {", ".join(f"${number}" for number in range(3, len(_TEXTS) + 3))})
    on conflict (person_id) do update set
      updated_at = excluded.updated_at,
      phone_number_verified_at = case when person_profile.phone_number = excluded.phone_number
        then person_profile.phone_number_verified_at end,
      {", ".join(f"{name} = excluded.{name}" for name in _TEXTS)}"""


async def load_claims_subject(connection: Connection, person_id: PersonId) -> ClaimsSubject | None:
    """The person with her profile in one statement; None when there is no such person or the account is closed."""
    row = await connection.fetchrow(_LOAD, person_id)
    return read_claims_subject(row) if row else None


def read_claims_subject(row: Row, *, has_profile: bool = True) -> ClaimsSubject:
    """Of a row that `CLAIMS_COLUMNS` selected from `person p left join person_profile f`, whatever else it holds; with
    nothing but the person where the profile is not wanted."""
    if not has_profile:
        return ClaimsSubject(read_person(row))
    address = PostalAddress(**{name: row[name] or "" for name in _ADDRESS})
    return ClaimsSubject(
        person=read_person(row),
        profile=Profile(**{name: row[name] or "" for name in _OWN}, address=address),
        is_phone_number_verified=row["phone_number_verified_at"] is not None,
        updated_at=row["updated_at"],
    )


async def save_details(
    connection: Connection, person_id: PersonId, details: ProfileDetails, now: datetime
) -> None:
    """Replaces name and profile. Another phone number than before is one that nobody has verified."""
    await connection.execute(
        "update person set given_name = $2, family_name = $3 where id = $1",
        person_id,
        details.given_name,
        details.family_name,
    )
    profile = details.profile
    texts = [getattr(profile, name) for name in _OWN]
    texts += [getattr(profile.address, name) for name in _ADDRESS]
    await connection.execute(_SAVE, person_id, now, *texts)


async def save_locale(connection: Connection, person_id: PersonId, locale: str, now: datetime) -> None:
    """Leaves the rest of the profile as it is."""
    others = [name for name in _TEXTS if name != "locale"]
    await connection.execute(
        f"""insert into person_profile (person_id, updated_at, locale, {", ".join(others)})
            values ($1, $2, $3, {", ".join("''" for _ in others)})
            on conflict (person_id) do update set locale = excluded.locale, updated_at = excluded.updated_at""",
        person_id,
        now,
        locale,
    )
