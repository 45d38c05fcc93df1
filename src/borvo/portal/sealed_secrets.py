"""Secrets that can be had back: only of clients that sign with their secret, since whoever verifies needs it too."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from borvo.kernel.entropy import Entropy
from borvo.kernel.ids import ClientKey
from borvo.kernel.secret import Secret
from borvo.portal.model import AuthMethod, StoredSecret
from borvo.storage.sealing import Keyring, SealedColumn, SealError

log = structlog.get_logger(__name__)


def _name_purpose(client_key: UUID, secret_id: UUID) -> str:
    """One of its own for each secret: what is sealed for one client opens for no other."""
    return f"client secret {client_key} {secret_id}"


SEALED_SECRETS = SealedColumn(
    "client_secret",
    "sealed",
    ("client_key", "id"),
    lambda row: _name_purpose(row["client_key"], row["id"]),
)


@dataclass(frozen=True, slots=True)
class SecretVault:
    """Seals secrets as signing keys are sealed, under the instance's own key."""

    keyring: Keyring
    entropy: Entropy

    def seal(
        self, method: AuthMethod, client_key: ClientKey, stored: StoredSecret, secret: Secret[str]
    ) -> bytes | None:
        """None for clients of every other method: of theirs nothing is kept that can be opened."""
        if method is not AuthMethod.CLIENT_SECRET_JWT:
            return None
        purpose = _name_purpose(client_key, stored.id)
        return self.keyring.seal(purpose, secret.reveal().encode(), self.entropy)

    def open(self, client_key: ClientKey, stored: StoredSecret) -> Secret[str] | None:
        """None when it was not sealed, or not for this: one that cannot be opened does not stop the client's others."""
        if stored.sealed is None:
            return None
        try:
            return Secret(self.keyring.unseal(_name_purpose(client_key, stored.id), stored.sealed).decode())
        except SealError:
            log.error("client secret does not open", client_key=str(client_key), secret=str(stored.id))  # noqa: TRY400
            return None
