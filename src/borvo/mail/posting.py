"""Posts mail: from there on the outbox sees to it."""

from dataclasses import asdict, replace
from uuid import UUID

from borvo.kernel.entropy import create_token
from borvo.languages.choice import choose_language
from borvo.languages.language import Language
from borvo.mail.model import Mail
from borvo.storage.database import Connection
from borvo.storage.outbox.messages import Outbox
from borvo.storage.outbox.model import Payload

KIND = "mail"


async def post_mail(
    outbox: Outbox,
    connection: Connection,
    mail: Mail,
    *,
    person_id: UUID | None = None,
    language: Language | None = None,
) -> None:
    """Within the caller's transaction; sent after it is committed, at least once. In English, unless the `language` of
    whoever gets it is given."""
    language = language or choose_language(())
    said = replace(
        mail, subject=language.say(mail.subject), text=language.say(mail.text), language=language.tag
    )
    # The same at each attempt, so that a mail that comes twice is shown once by programs that compare ids.
    payload = {**asdict(said), "message_id": create_token(outbox.entropy)}
    await outbox.put(connection, KIND, payload, person_id=person_id)


def read_mail(payload: Payload) -> Mail:
    """The inverse of `post_mail`."""
    optional = {name: payload[name] for name in ("unsubscribe", "language") if name in payload}
    return Mail(payload["to"], payload["subject"], payload["text"], **optional)
