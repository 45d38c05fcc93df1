"""The demo's people, clients and readings. Scripts rely on them, so they are fixed; nothing but `borvo demo`
writes them, and `borvo serve` refuses a database that holds them."""

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from borvo.accounts.public import Person, Registration, Role, change_role, create_person, find_person
from borvo.assembly import Platform
from borvo.catalogue.sample_types import map_sample_types
from borvo.cli.demo_activity import DAYS, list_activity
from borvo.dataserver.public import Submission, Writer, write_samples
from borvo.identity.public import Caller
from borvo.kernel.errors import ConflictError, InvalidInputError
from borvo.organisations.public import OrganisationRole, allow_client, create_organisation
from borvo.organisations.public import add_member as add_organisation_member
from borvo.portal.public import (
    ClientDetails,
    GrantType,
    TeamRole,
    Tenancy,
    add_chosen_secret,
    add_counts,
    add_member,
    create_tenancy,
    find_client,
    list_counts,
    list_tenancies,
    load_client,
    register_client,
    write_last_uses,
)

PASSWORD = "borvo-demo-pass"  # noqa: S105
PREFIX = "demo"
DEVELOPER = "developer@demo.test"
COLLEAGUE = "developer2@demo.test"
AGENTS = ("agent@demo.test", "agent2@demo.test")
MANAGER = "manager@demo.test"
ORGANISATION = "Demo clinic"
PATIENT = "patient@demo.test"

PEOPLE: dict[str, tuple[str, str, Role | None]] = {
    PATIENT: ("Paula", "Patient", None),
    "patient2@demo.test": ("Pieter", "Patient", None),
    AGENTS[0]: ("Agnes", "Agent", Role.AGENT),
    AGENTS[1]: ("Aron", "Agent", Role.AGENT),
    MANAGER: ("Mara", "Manager", Role.MEMBERSHIP_MANAGER),
    DEVELOPER: ("Dana", "Developer", Role.DEVELOPER),
    COLLEAGUE: ("Dirk", "Developer", Role.DEVELOPER),
    "support@demo.test": ("Sara", "Support", Role.SUPPORT),
}

_CALLBACKS = ("https://localhost:5001/signin-oidc", "http://localhost:5001/signin-oidc")
# A native app adds whatever port it listens on (RFC 8252 7.3).
_LOOPBACK = "http://127.0.0.1/callback"
_WITHOUT_CALLBACK = {GrantType.CLIENT_CREDENTIALS, GrantType.DEVICE_CODE}
_BASIC = ("openid", "profile", "email")
_BLOOD_PRESSURE = ("blood_pressure", "blood_pressure_systolic", "blood_pressure_diastolic")
_VITALS = (*_BLOOD_PRESSURE, "height", "body_mass", "step_count", "heart_rate")


def _read(*names: str) -> tuple[str, ...]:
    return tuple(map_sample_types()[name].read_scope for name in names)


def _write(*names: str) -> tuple[str, ...]:
    return tuple(map_sample_types()[name].write_scope for name in names)


@dataclass(frozen=True, slots=True)
class DemoClient:
    """One client of the demo: what the samples' own READMEs tell a developer to register (contract 4)."""

    suffix: str
    name: str
    grant_type: GrantType
    scopes: tuple[str, ...]
    require_pkce: bool = False
    is_public: bool = False
    allows_front_channel_tokens: bool = False

    @property
    def client_id(self) -> str:
        return f"{PREFIX}.{self.suffix}"

    @property
    def secret(self) -> str:
        """Empty for a client that has none."""
        return "" if self.is_public else f"demo-{self.suffix}-secret-0123456789"

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        if self.grant_type in _WITHOUT_CALLBACK:
            return ()
        return (*_CALLBACKS, _LOOPBACK) if self.is_public else _CALLBACKS


CLIENTS = (
    DemoClient(
        "mybp",
        "My blood pressure",
        GrantType.HYBRID,
        (*_BASIC, *_read(*_BLOOD_PRESSURE), *_write(*_BLOOD_PRESSURE)),
    ),
    DemoClient("clinician", "Clinician", GrantType.HYBRID, (*_BASIC, "agency_api", *_read(*_VITALS))),
    DemoClient("clinorg", "Clinic", GrantType.HYBRID, (*_BASIC, "agency_api")),
    DemoClient("worker", "Night worker", GrantType.CLIENT_CREDENTIALS, ("agency_api",)),
    DemoClient(
        "spa",
        "Single-page app",
        GrantType.IMPLICIT,
        (*_BASIC, *_read(*_VITALS)),
        allows_front_channel_tokens=True,
    ),
    DemoClient(
        "code",
        "Health diary",
        GrantType.AUTHORIZATION_CODE,
        (*_BASIC, "offline_access", *_read(*_VITALS), *_write(*_VITALS)),
        require_pkce=True,
    ),
    DemoClient(
        "public",
        "Pocket diary",
        GrantType.AUTHORIZATION_CODE,
        (*_BASIC, "offline_access", *_read(*_VITALS)),
        require_pkce=True,
        is_public=True,
    ),
    DemoClient(
        "scales",
        "Bathroom scales",
        GrantType.DEVICE_CODE,
        (*_BASIC, "offline_access", *_read("body_mass"), *_write("body_mass")),
        require_pkce=True,
        is_public=True,
    ),
)


async def seed(platform: Platform) -> None:
    """Safe to repeat: what an interrupted run left is kept and completed."""
    people = {email: await _seed_person(platform, email) for email in PEOPLE}
    with suppress(InvalidInputError):
        await create_tenancy(platform.portal, DEVELOPER, PREFIX)
        await add_member(platform.portal, PREFIX, COLLEAGUE, TeamRole.DEVELOPER)
    async with platform.database.connection() as connection:
        developer = await find_person(connection, DEVELOPER) or people[DEVELOPER]
    (tenancy,) = await list_tenancies(platform.portal, developer)
    for client in CLIENTS:
        await _seed_client(platform, developer, tenancy, client)
    await _seed_organisation(platform)
    await _seed_readings(platform, people[PATIENT])
    await _seed_activity(platform)


async def _seed_person(platform: Platform, email: str) -> Person:
    given_name, family_name, role = PEOPLE[email]
    registration = Registration(email, given_name, family_name, PASSWORD, is_email_verified=True)
    person = await create_person(platform.accounts, registration)
    async with platform.database.transaction() as connection:
        if role is not None:
            await change_role(connection, platform.accounts, email, role, granted=True)
        person = person or await find_person(connection, email)
    if person is None:
        raise RuntimeError(f"{email} was neither created nor found")
    return person


async def _seed_client(platform: Platform, developer: Person, tenancy: Tenancy, client: DemoClient) -> None:
    details = ClientDetails(
        display_name=client.name,
        client_uri="http://localhost:5001",
        redirect_uris=client.redirect_uris,
        grant_types=frozenset({client.grant_type}),
        scopes=client.scopes,
        require_pkce=client.require_pkce,
        is_public=client.is_public,
        allows_front_channel_tokens=client.allows_front_channel_tokens,
    )
    with suppress(InvalidInputError):
        await register_client(platform.portal, developer, tenancy.id, client.suffix, details)
    if client.secret and not (await find_client(platform.portal, developer, client.client_id)).secrets:
        await add_chosen_secret(platform.portal, developer, client.client_id, client.secret)


async def _seed_organisation(platform: Platform) -> None:
    with suppress(InvalidInputError):
        await create_organisation(platform.organisations, ORGANISATION)
    for email in AGENTS:
        await add_organisation_member(platform.organisations, ORGANISATION, email, OrganisationRole.AGENT)
    manager = OrganisationRole.MEMBERSHIP_MANAGER
    await add_organisation_member(platform.organisations, ORGANISATION, MANAGER, manager)
    async with platform.database.transaction() as connection:
        worker = await load_client(connection, f"{PREFIX}.worker")
        if worker is None:
            raise RuntimeError("the worker client was not registered")
        await allow_client(platform.organisations, connection, ORGANISATION, worker.client_key)


async def _seed_readings(platform: Platform, person: Person) -> None:
    """As if the diary app had written them, by the same use case as the API's."""
    async with platform.database.connection() as connection:
        diary = await load_client(connection, f"{PREFIX}.code")
    if diary is None:
        raise RuntimeError("the diary client was not registered")
    caller = Caller(diary.client_id, diary.client_key, person.id, frozenset(diary.scopes), "demo")
    body = msgspec.json.encode(list(list_readings(platform.clock())))
    # On another day the same ids would stand for other readings: those of the first start stay.
    with suppress(ConflictError):
        await write_samples(platform.dataserver, Writer(caller, person.id), Submission(body))


async def _seed_activity(platform: Platform) -> None:
    """Once: the counts are added up, and a second time they would be twice as many."""
    now = platform.clock()
    today = now.date()
    async with platform.database.transaction() as connection:
        diary = await load_client(connection, f"{PREFIX}.code")
        if diary is None or await list_counts(connection, diary.client_key, today - timedelta(DAYS)):
            return
        for each in CLIENTS:
            counts = list_activity(each.client_id, each.grant_type, each.scopes, today)
            await add_counts(connection, list(counts))
            if client := await load_client(connection, each.client_id):
                await write_last_uses(connection, {client.client_key: now - timedelta(days=1)})


def list_readings(now: datetime) -> Iterator[dict[str, Any]]:
    """Thirty days of readings up to `now` in the wire format of `POST /sample/v1`, in SI units."""
    for day in range(30):
        morning = now.replace(hour=7, minute=30, second=0, microsecond=0) - timedelta(days=30 - day)
        for hours, lift in ((0, 0.0), (12, 6.0)):
            yield _reading(morning + timedelta(hours=hours), day, lift)
            rate = 66 + 5 * math.sin(day * 1.3 + hours) + lift
            yield _quantity("heart_rate", morning + timedelta(hours=hours, minutes=2), round(rate) / 60)
        weight = 72.4 - day * 0.04 + 0.3 * math.sin(day)
        yield _quantity("body_mass", morning + timedelta(minutes=5), round(weight, 1))
        steps = 6500 + 2500 * math.sin(day * 0.9) + (day * 7919) % 1200
        yield _quantity("step_count", morning, float(round(steps)), timedelta(hours=15))


_PASCAL_PER_MMHG = 133.322387415


def _reading(at: datetime, day: int, lift: float) -> dict[str, Any]:
    systolic = round(126 + 6 * math.sin(day * 0.7 + lift) + lift - day * 0.2)
    diastolic = round(81 + 4 * math.sin(day * 0.5 + lift) + lift / 2 - day * 0.1)
    return {
        **_quantity("blood_pressure", at, None),
        "correlationObjects": [
            _quantity("blood_pressure_systolic", at, systolic * _PASCAL_PER_MMHG),
            _quantity("blood_pressure_diastolic", at, diastolic * _PASCAL_PER_MMHG),
        ],
    }


def _quantity(
    name: str, at: datetime, value: float | None, length: timedelta = timedelta()
) -> dict[str, Any]:
    sample: dict[str, Any] = {
        "type": name,
        "clientAssignedId": f"demo-{name}-{at:%Y%m%dT%H%M}",
        "device": "Borvo demo",
        "dateRange": {"lowerBound": at.isoformat(), "upperBound": (at + length).isoformat()},
    }
    return sample if value is None else {**sample, "quantityValue": value}


def render_start_page(issuer: str) -> str:
    """What a newcomer sees in the terminal."""
    people = "\n".join(f"    {email}" for email in PEOPLE)
    clients = "\n".join(f"    {each.client_id:<16}{each.secret or '(has none)'}" for each in CLIENTS)
    return f"""
  Borvo is running at {issuer}

  Portal          {issuer}/portal
  OpenID          {issuer}/.well-known/openid-configuration
  Samples         {issuer}/sample/v1
  HTTP APIs       {issuer}/docs
  Mail, not sent  {issuer}/outbox

  People, each with the password {PASSWORD}
{people}

  Clients and their secrets
{clients}

  Things to try
    1. Sign in to the portal as {DEVELOPER} and register a client.
    2. Look at a service's token:
       curl -s -u demo.worker:demo-worker-secret-0123456789 \\
         -d grant_type=client_credentials -d scope=agency_api {issuer}/connect/token
    3. Sign in to an app as {PATIENT}: see examples/mybp/README.md
    4. Be a device without a browser: get a code, then enter it at {issuer}/account/device
       curl -s -d client_id=demo.scales --data-urlencode "scope=openid offline_access read.body_mass" \\
         {issuer}/connect/deviceauthorization
    5. See at {issuer}/account/apps what was allowed, and take it back.

  Ctrl-C stops everything; the data is kept.

"""
