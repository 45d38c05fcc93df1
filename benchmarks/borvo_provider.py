"""Borvo as the provider that the rows about flows call."""

import asyncio
from dataclasses import replace

from benchmarks.instance import EMAIL, HOST, SERVICE, Instance, list_workers, seed_client
from benchmarks.providers import App, Provider
from borvo.accounts.public import Registration, create_person, find_person
from borvo.assembly import build_platform
from borvo.cli.demo_data import DemoClient
from borvo.identity.consent_store import grant_consent
from borvo.portal.public import AccessTokenFormat, GrantType, load_client
from borvo.settings import Settings

PASSWORD = "borvo-demo-pass"  # noqa: S105
SCOPES = ("openid", "profile", "email", "offline_access")
FORMATS = {
    AccessTokenFormat.OPAQUE: DemoClient("web", "Web", GrantType.AUTHORIZATION_CODE, SCOPES),
    AccessTokenFormat.JWT: DemoClient("webjwt", "Web", GrantType.AUTHORIZATION_CODE, SCOPES),
}
"""An app for each form of access tokens. The peer's app has opaque ones."""


def name_people(count: int) -> tuple[str, ...]:
    """Their addresses, at Borvo and at a peer."""
    return tuple(f"person{number}@demo.test" for number in range(count))


async def _seed(settings: Settings, people: int) -> tuple[str, ...]:
    """The addresses of people who have consented to the app."""
    platform = build_platform(settings)
    await platform.database.open()
    try:
        async with platform.database.connection() as connection:
            developer = await find_person(connection, EMAIL)
            if developer is None:
                raise RuntimeError("the instance has no developer")
        for token_format, app in FORMATS.items():
            await seed_client(platform, developer, app, token_format)
        emails = name_people(people)
        for email in emails:
            await create_person(platform.accounts, Registration(email, "Bench", "Mark", PASSWORD))
        async with platform.database.transaction() as connection:
            for app in FORMATS.values():
                client = await load_client(connection, app.client_id)
                if client is None:
                    raise RuntimeError("the app was not registered")
                for email in emails:
                    person = await find_person(connection, email)
                    if person is not None:
                        await grant_consent(
                            connection, person.id, client.client_key, SCOPES, platform.clock()
                        )
        return emails
    finally:
        await platform.database.close()


def _describe_app(token_format: AccessTokenFormat) -> App:
    client = FORMATS[token_format]
    return App(client.client_id, client.secret, " ".join(SCOPES), "http://localhost:5001/signin-oidc")


def seed_provider(instance: Instance, people: int) -> Provider:
    """To be done once for a database."""
    return Provider(
        name="Borvo",
        host=HOST,
        port=instance.port,
        list_workers=lambda: list_workers(instance.pid),
        authorize_path="/connect/authorize",
        token_path="/connect/token",  # noqa: S106
        userinfo_path="/connect/userinfo",
        introspection_path="/connect/introspect",
        app=_describe_app(AccessTokenFormat.OPAQUE),
        service=App(SERVICE.client_id, SERVICE.secret, "agency_api"),
        emails=asyncio.run(_seed(instance.settings, people)),
        email_field="email",
        password_field="password",  # noqa: S106
        password=PASSWORD,
    )


def with_jwt(provider: Provider) -> Provider:
    """The same with the app whose access tokens are signed statements, as they are unless a developer chooses."""
    return replace(provider, name="Borvo, JWT access tokens", app=_describe_app(AccessTokenFormat.JWT))


def move_provider(provider: Provider, instance: Instance) -> Provider:
    """The same people and clients behind another server on the same database."""
    return replace(provider, port=instance.port, list_workers=lambda: list_workers(instance.pid))
