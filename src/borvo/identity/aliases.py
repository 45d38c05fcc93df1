"""By which names clients know people and sessions (OpenID Connect Core 8), and how a token carries a person unseen."""

from dataclasses import dataclass
from uuid import UUID

from borvo.kernel.digests import digest_bytes_with_key
from borvo.kernel.entropy import TOKEN_BYTES, decode_bytes, encode_bytes
from borvo.kernel.ids import LoginSessionId, PersonId
from borvo.portal.public import RegisteredClient, SubjectType, find_sector
from borvo.storage.sealing import FindKey

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Aliases:
    """Both keys belong to the instance and never change: a `sub` is for ever. `pairwise` makes names that nobody can
    trace back; `mask` hides ids that only this instance finds again."""

    pairwise: FindKey
    mask: FindKey

    def name_person(self, client: RegisteredClient, person_id: PersonId) -> str:
        """The `sub` by which the client knows her."""
        if client.subject_type is SubjectType.PUBLIC:
            return str(person_id)
        return self._name("person", find_sector(client), person_id)

    def name_session(self, client: RegisteredClient, session_id: LoginSessionId) -> str:
        """The `sid`: for a pairwise client one of its own, since two clients that compare what they hold must not find
        that somebody is the same person."""
        if client.subject_type is SubjectType.PUBLIC:
            return str(session_id)
        return self._name("session", str(client.client_key), session_id)

    def _name(self, kind: str, sector: str, id_: UUID) -> str:
        # OpenID Connect Core 8.1: not reversible by anybody else, the same each time. In the form of every id here,
        # RFC 9562 5.8. No part but the last holds what somebody entered, and a host has no line break.
        text = f"{kind}\n{id_}\n{sector}".encode()
        number = int.from_bytes(digest_bytes_with_key(self.pairwise(), text)[:_ID_BYTES])
        number = (number & ~(0xF << 76)) | (0x8 << 76)
        return str(UUID(int=(number & ~(0x3 << 62)) | (0x2 << 62)))

    def hide(self, id_: UUID, salt: bytes) -> bytes:
        """16 bytes that say nothing without the mask's key. A salt may be known to everybody and is used once."""
        stream = digest_bytes_with_key(self.mask(), salt)[:_ID_BYTES]
        return (id_.int ^ int.from_bytes(stream)).to_bytes(_ID_BYTES)

    def reveal(self, hidden: bytes, salt: bytes) -> UUID:
        """The inverse of `hide`. Of what was not hidden here it makes an id that nobody has."""
        return UUID(bytes=self.hide(UUID(bytes=hidden), salt))

    def render_token(self, id_: UUID, secret: bytes) -> str:
        """A code or an opaque token: it begins with whom it is about, so that the one statement that loads it finds
        its shard, and nobody else learns it from there."""
        return encode_bytes(self.hide(id_, secret) + secret)

    def parse_token(self, text: str) -> UUID | None:
        """Whom it is about; None for what `render_token` cannot have written."""
        data = decode_bytes(text)
        if data is None or len(data) != _ID_BYTES + TOKEN_BYTES:
            return None
        return self.reveal(data[:_ID_BYTES], data[_ID_BYTES:])
