"""Bookmarks as clients carry them: sealed, so that they can be neither read nor made up."""

import base64
import binascii
from dataclasses import dataclass

import msgspec

from borvo.dataserver.changes.model import Bookmark
from borvo.kernel.entropy import Entropy
from borvo.kernel.errors import InvalidInputError
from borvo.storage.sealing import Keyring, SealError

_PURPOSE = "bookmarks of samples"
_LENGTH_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class BookmarkSeal:
    """Makes tokens of bookmarks and reads them."""

    keyring: Keyring
    entropy: Entropy

    def seal(self, bookmark: Bookmark) -> str:
        sealed = self.keyring.seal(_PURPOSE, msgspec.msgpack.encode(bookmark), self.entropy)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def unseal(self, token: str) -> Bookmark:
        """Raises `InvalidInputError` for what was not sealed here."""
        if len(token) > _LENGTH_LIMIT:
            raise refuse_token()
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return msgspec.msgpack.decode(self.keyring.unseal(_PURPOSE, sealed), type=Bookmark)
        except (SealError, binascii.Error, ValueError):
            raise refuse_token() from None


def refuse_token() -> InvalidInputError:
    """The same for what is malformed and for what another person or client was given."""
    message = "This is no token that your client was given for this person. Leave it out to begin anew."
    return InvalidInputError(message, {"since": [message]})
