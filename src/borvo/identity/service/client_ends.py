"""What ends here when a client, a sandbox person or the account of a person ends elsewhere, in the transaction in which
it does."""

from borvo.identity import consent_store, device_store, family_store, store
from borvo.identity.service.collaborators import Identity
from borvo.kernel.ids import ClientKey, PersonId
from borvo.portal.public import RegisteredClient
from borvo.storage.database import Connection


async def end_grants(identity: Identity, connection: Connection, client: RegisteredClient) -> None:
    """Revokes what the client could still use once it is enabled again: refresh tokens, codes, devices on their way.
    Access tokens are refused by the client's own state. Consents stay, since people gave them."""
    await family_store.revoke_families_of(connection, client.client_key, identity.clock())
    await device_store.delete_devices_of(connection, client.client_id)


async def end_grants_of_person(identity: Identity, connection: Connection, person_id: PersonId) -> None:
    """Revokes what apps could still use about a person once her account is open again: refresh tokens, codes, devices
    on their way. Access tokens are void by her account. Consents stay, since she gave them."""
    await family_store.revoke_families_of_person(connection, person_id, identity.clock())
    await device_store.delete_devices_of_person(connection, person_id)


async def forget_client(_: Identity, connection: Connection, client_key: ClientKey) -> None:
    """Deletes what people allowed a client that is gone for good. That they did stays in their security log."""
    await consent_store.delete_consents_of(connection, client_key)


async def forget_person(_: Identity, connection: Connection, person_id: PersonId) -> None:
    """Deletes what a person allowed and what came of it: for one who was none. No client is told."""
    await store.delete_grants_of(connection, person_id)
