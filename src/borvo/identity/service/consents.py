"""What people allow clients, and take back."""

from collections.abc import Collection

from borvo.accounts.public import Login, Person
from borvo.catalogue.scopes import REQUIRED_SCOPES
from borvo.identity import consent_store
from borvo.identity.model import Consent, ConsentedClient
from borvo.identity.service.collaborators import Identity
from borvo.kernel.errors import NotFoundError
from borvo.kernel.scopes import Scopes
from borvo.kernel.text import say
from borvo.portal.public import RegisteredClient, load_client
from borvo.storage.database import Connection
from borvo.storage.security_events.model import SecurityEvent, SecurityEventKind


async def allow_client(
    identity: Identity,
    connection: Connection,
    login: Login,
    client: RegisteredClient,
    granted: Scopes,
    declined: Scopes,
) -> Consent:
    """Keeps the answer to what a person was asked, in the caller's transaction."""
    consent = await consent_store.grant_consent(
        connection, login.person.id, client.client_key, granted, identity.clock(), declined=declined
    )
    event = SecurityEvent(
        SecurityEventKind.CONSENT_GRANTED,
        login.person.id,
        client_id=client.client_id,
        # The name as the person was shown it: the client may be renamed.
        detail={"app": client.display_name, "scopes": granted},
    )
    await identity.events.record(connection, event)
    return consent


async def list_apps(identity: Identity, person: Person) -> list[ConsentedClient]:
    """The clients that the person allows something, the latest first."""
    async with identity.database.connection() as connection:
        return await consent_store.list_consents(connection, person.id)


async def find_app(identity: Identity, person: Person, client_id: str) -> ConsentedClient:
    """Raises `NotFoundError` for a client that the person allows nothing."""
    for app in await list_apps(identity, person):
        if app.client_id == client_id:
            return app
    raise NotFoundError(say("You allow this app nothing; it may have been removed already."))


async def withdraw_consent(identity: Identity, person: Person, client_id: str) -> None:
    """Ends all of the client's tokens for this person with the next request. Raises `NotFoundError` as
    `find_app`."""
    async with identity.database.transaction() as connection:
        client = await load_client(connection, client_id)
        now = identity.clock()
        if client is None or not await consent_store.withdraw_consent(
            connection, person.id, client.client_key, now
        ):
            raise NotFoundError(say("You allow this app nothing; it may have been removed already."))
        event = SecurityEvent(
            SecurityEventKind.CONSENT_WITHDRAWN,
            person.id,
            client_id=client.client_id,
            detail={"app": client.display_name},
        )
        await identity.events.record(connection, event)


async def narrow_consent(
    identity: Identity, person: Person, client_id: str, shown: Collection[str], kept: Collection[str]
) -> bool:
    """Takes back those of the `shown` scopes that are not `kept`; whether there was anything to take. The client's
    tokens for this person end with the next request, since any may carry them; it gets others, without those scopes,
    when she next signs in with it. Sign-in itself is taken back only with all the rest. Raises `NotFoundError` as
    `find_app`."""
    withdrawn = set(shown) - set(kept) - REQUIRED_SCOPES
    app = await find_app(identity, person, client_id)
    async with identity.database.transaction() as connection:
        taken = await consent_store.narrow_consent(
            connection, person.id, app.client_key, withdrawn, identity.clock()
        )
        if taken is None:
            return False
        event = SecurityEvent(
            SecurityEventKind.CONSENT_NARROWED,
            person.id,
            client_id=app.client_id,
            detail={"app": app.display_name, "scopes": taken},
        )
        await identity.events.record(connection, event)
    return True
