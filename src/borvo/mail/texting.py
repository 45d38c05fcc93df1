"""Text messages: posted through the outbox, as mail is. The demo shows them; nothing sends them in earnest yet."""

from dataclasses import asdict, dataclass
from uuid import UUID

from borvo.storage.database import Connection
from borvo.storage.outbox.messages import Outbox
from borvo.storage.outbox.model import Payload

TEXT_KIND = "text"


@dataclass(frozen=True, slots=True)
class TextMessage:
    """Plain text to one phone number, which is in E.164. The fields are named as those of a mail, so that a page may
    show both."""

    to: str
    text: str
    subject: str = "Text message"


async def post_text(
    outbox: Outbox, connection: Connection, message: TextMessage, *, person_id: UUID | None = None
) -> None:
    """Within the caller's transaction; sent after it is committed, at least once."""
    await outbox.put(connection, TEXT_KIND, asdict(message), person_id=person_id)


def read_text(payload: Payload) -> TextMessage:
    """The inverse of `post_text`."""
    return TextMessage(payload["to"], payload["text"])
