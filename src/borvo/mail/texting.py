"""Text messages: posted through the outbox, as mail is. The demo shows them; `sms.py` sends them in earnest."""

from dataclasses import asdict, dataclass, replace
from uuid import UUID

from borvo.kernel.entropy import create_token
from borvo.languages.choice import choose_language
from borvo.languages.language import Language
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
    outbox: Outbox,
    connection: Connection,
    message: TextMessage,
    *,
    person_id: UUID | None = None,
    language: Language | None = None,
) -> None:
    """As `post_mail`."""
    said = replace(message, text=(language or choose_language(())).say(message.text))
    # The same at each attempt, so that a gateway which has taken the message can tell a repetition.
    payload = {**asdict(said), "message_id": create_token(outbox.entropy)}
    await outbox.put(connection, TEXT_KIND, payload, person_id=person_id)


def read_text(payload: Payload) -> TextMessage:
    """The inverse of `post_text`."""
    return TextMessage(payload["to"], payload["text"])
