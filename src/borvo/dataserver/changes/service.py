"""Keeping a copy in step."""

from borvo.catalogue.sample_types import map_sample_type_codes
from borvo.dataserver import policy
from borvo.dataserver.changes.answer import render_changes
from borvo.dataserver.changes.model import BEGINNING, Bookmark, Changes, list_whole_types
from borvo.dataserver.changes.parameters import NOW, ChangesRequest, parse_changes
from borvo.dataserver.changes.sealing import BookmarkSeal, refuse_token
from borvo.dataserver.changes.store import load_changes
from borvo.dataserver.past import SPARE
from borvo.dataserver.reader import Reader, admit_reader
from borvo.dataserver.service import DataServer, refuse_scopes
from borvo.kernel.errors import GoneError, InvalidInputError
from borvo.portal.public import Activity
from borvo.web.bearer import PresentedToken


async def list_changes(
    server: DataServer, presented: PresentedToken, query_token: str | None, text: str
) -> bytes:
    """The answer in JSON to the query string `text`."""
    seal = BookmarkSeal(server.keyring, server.entropy)
    async with admit_reader(server, presented, query_token) as (connection, reader):
        request = parse_changes(text)
        bookmark = _open_bookmark(server, seal, reader, request)
        now = int(server.clock().timestamp())
        changes = await load_changes(
            connection, reader.person_id, bookmark, request.take, now, reader.admission
        )
        if changes.next.since < bookmark.since or _is_erased(bookmark, changes):
            # The person's samples were erased, or the database is an older one.
            raise _refuse_old()
        missing = policy.find_missing_child_scopes((*changes.added, *changes.changed), reader.scopes)
        if missing:
            # Contract 7: the request fails rather than show a correlation with children missing.
            raise refuse_scopes("read all parts of these samples", missing)
    told = len(changes.added) + len(changes.changed)
    server.activity.note(reader.admission.token.client_id, Activity.SAMPLES_READ, told)
    return render_changes(changes, reader.subject, seal.seal(changes.next))


def _open_bookmark(
    server: DataServer, seal: BookmarkSeal, reader: Reader, request: ChangesRequest
) -> Bookmark:
    types = map_sample_type_codes()
    if request.since in {None, NOW}:
        bookmark = _begin(reader, request)
    else:
        bookmark = seal.unseal(request.since or "")
        _check(server, reader, request, bookmark)
    reader.require("read these samples", (types[code] for code in bookmark.types))
    return bookmark


def _begin(reader: Reader, request: ChangesRequest) -> Bookmark:
    chosen = request.types or list_whole_types(reader.scopes)
    if not chosen:
        raise refuse_scopes("read samples", [])
    return Bookmark(
        person_id=reader.person_id,
        client_id=reader.admission.token.client_id,
        types=[each.code for each in chosen],
        since=BEGINNING,
        since_at=0,
        is_silent=request.since == NOW,
    )


def _check(server: DataServer, reader: Reader, request: ChangesRequest, bookmark: Bookmark) -> None:
    if (bookmark.person_id, bookmark.client_id) != (reader.person_id, reader.admission.token.client_id):
        raise refuse_token()
    if request.types and {each.code for each in request.types} != {*bookmark.types}:
        message = "The token goes with the types that were named at first: leave them out, or begin anew."
        raise InvalidInputError(message, {"types": [message]})
    oldest = server.clock() - server.retention.past + SPARE
    # Who has nothing yet lacks nothing: of such a round only the end may be too old.
    resting_on = bookmark.until_at if bookmark.since == BEGINNING else bookmark.since_at
    if resting_on < oldest.timestamp():
        raise _refuse_old()


def _is_erased(bookmark: Bookmark, changes: Changes) -> bool:
    """What is erased leaves no tombstones: a client that has some of it is not told otherwise."""
    return bookmark.basis is not None and bookmark.basis < changes.erased


def _refuse_old() -> GoneError:
    return GoneError(
        "This token is too old to tell what has changed since. Throw your copy away and begin anew."
    )
