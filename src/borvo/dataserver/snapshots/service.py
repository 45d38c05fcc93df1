"""The two steps of the older query: ask, then fetch the results page by page."""

import msgspec
from msgspec import Struct

from borvo.dataserver import policy
from borvo.dataserver.bodies import describe_samples
from borvo.dataserver.model import Query, Selection
from borvo.dataserver.past import SPARE
from borvo.dataserver.reader import Reader, admit_reader
from borvo.dataserver.service import DataServer, refuse_scopes
from borvo.dataserver.snapshots import store
from borvo.dataserver.snapshots.model import KEY_BYTES, Snapshot, keep_query, parse_key, spell_key
from borvo.dataserver.snapshots.parameters import PageRequest, parse_page, parse_submitted
from borvo.kernel.digests import digest_token
from borvo.kernel.errors import InvalidInputError, NotFoundError
from borvo.kernel.ids import ClientKey
from borvo.portal.public import Activity
from borvo.storage.database import Connection


class SnapshotAnswer(Struct, rename="pascal"):
    """Contract 2.5 and 6, row 8: the key under both of its names, in the case in which older clients wrote theirs."""

    number_of_results: int
    expiration_date: str
    key: str
    query_key: str


async def make_snapshot(
    server: DataServer, authorization: str | None, query_token: str | None, text: str, body: bytes
) -> bytes:
    """The answer in JSON to the query in the query string `text` or in the body."""
    now, key = server.clock(), server.entropy(KEY_BYTES)
    async with admit_reader(server, authorization, query_token) as (connection, reader):
        query = _check(parse_submitted(text, body))
        kept = keep_query(query, _select(query, reader))
        caller = await reader.admission.confirm(connection)
        position, total = await store.count_samples(connection, reader.person_id, kept)
        token = reader.admission.token
        snapshot = Snapshot(
            maker_id=token.person_id or reader.person_id,
            client_key=caller.client_key,
            consent_version=token.consent_version,
            person_id=reader.person_id,
            position=position,
            query=kept,
            total=total,
            expires_at=now + min(server.retention.snapshot, server.retention.past - SPARE),
        )
        await store.insert_snapshot(connection, digest_token(spell_key(key)), snapshot, now)
    spelt = spell_key(key)
    return msgspec.json.encode(SnapshotAnswer(total, snapshot.expires_at.isoformat(), spelt, spelt))


def _check(query: Query) -> Query:
    """Raises `InvalidInputError` for what only the newer query can do: nothing that was asked for is passed over."""
    newer = {
        "device": query.devices,
        "client": query.clients,
        "unit": query.units,
        "fields": query.fields,
        "cursor": query.cursor,
    }
    if asked := [name for name, value in newer.items() if value]:
        message = "This query has no such parameter; GET /sample/v1 has."
        raise InvalidInputError("The query is not valid: see errors.", {name: [message] for name in asked})
    return query


def _select(query: Query, reader: Reader) -> Selection:
    if query.types:
        reader.require("read these samples", query.types)
        return policy.select_named(query.types)
    selection = policy.select_readable(reader.scopes)
    if not selection.types:
        raise refuse_scopes("read samples", [])
    return selection


async def read_snapshot(
    server: DataServer, authorization: str | None, query_token: str | None, text: str
) -> bytes:
    """A page of the results, as a JSON array. Raises `NotFoundError` alike for keys that are unknown, another's or
    expired, and for those whose consent has been withdrawn since."""
    async with admit_reader(server, authorization, query_token) as (connection, reader):
        request = parse_page(text)
        caller = await reader.admission.confirm(connection)
        snapshot = await _find_snapshot(server, connection, reader, request, caller.client_key)
        reader.require("read these samples", snapshot.query.sample_types)
        admission = reader.admission
        samples = await store.load_page(connection, snapshot, request.take, request.skip, admission)
        if not samples:
            await admission.confirm(connection)
        # Contract 7: the request fails rather than show a correlation with children missing.
        if missing := policy.find_missing_child_scopes(samples, reader.scopes):
            raise refuse_scopes("read all parts of these samples", missing)
    server.activity.note(reader.admission.token.client_id, Activity.SAMPLES_READ, len(samples))
    return msgspec.json.encode(describe_samples(samples, reader.subject))


async def _find_snapshot(
    server: DataServer, connection: Connection, reader: Reader, request: PageRequest, client_key: ClientKey
) -> Snapshot:
    key, token = parse_key(request.key), reader.admission.token
    snapshot = None
    if key is not None and token.person_id is not None:
        snapshot = await store.load_snapshot(
            connection, token.person_id, digest_token(spell_key(key)), server.clock()
        )
    if (
        snapshot is None
        or snapshot.client_key != client_key
        or snapshot.consent_version != token.consent_version
        or snapshot.person_id != reader.person_id
    ):
        raise NotFoundError("There are no results under this key, or none any more. Ask the query again.")
    return snapshot
