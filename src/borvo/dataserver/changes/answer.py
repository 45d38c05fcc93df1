"""The JSON of changes."""

import msgspec
from msgspec import Struct

from borvo.catalogue.sample_types import map_sample_type_codes
from borvo.dataserver.bodies import SampleAnswer, describe_samples
from borvo.dataserver.changes.model import Changes


class DeletedAnswer(Struct, rename="camel"):
    """A sample that is there no more."""

    id: str
    type: str
    client_assigned_id: str | None


class ChangesAnswer(Struct, rename="camel"):
    """One page of a round. `next` is the token to ask with next: at once while `hasMore`, later otherwise."""

    added: list[SampleAnswer]
    changed: list[SampleAnswer]
    deleted: list[DeletedAnswer]
    next: str
    has_more: bool


def render_changes(changes: Changes, subject: str, token: str) -> bytes:
    """`subject` is the name by which the reader knows the person."""
    types = map_sample_type_codes()
    return msgspec.json.encode(
        ChangesAnswer(
            describe_samples(changes.added, subject),
            describe_samples(changes.changed, subject),
            [
                DeletedAnswer(str(each.id), types[each.type_code].name, each.client_assigned_id)
                for each in changes.deleted
            ],
            token,
            changes.has_more,
        )
    )
