"""The two steps of the older query: ask, then fetch the results page by page."""

from typing import NamedTuple

from borvo.dataserver import policy
from borvo.dataserver.media import Form
from borvo.dataserver.reader import Reader, read_as
from borvo.dataserver.reading import find_clients, select_types, tag_answer
from borvo.dataserver.service import DataServer, refuse_scopes
from borvo.dataserver.snapshots import store
from borvo.dataserver.snapshots.answer import check_holding, refuse_key, render_answer, render_results
from borvo.dataserver.snapshots.model import (
    KEY_BYTES,
    Snapshot,
    StoredQuery,
    decide_end,
    digest_key,
    keep_query,
    parse_key,
)
from borvo.dataserver.snapshots.parameters import PageRequest, parse_page, parse_submitted
from borvo.dataserver.snapshots.sharing import make_shared_snapshot, read_shared_snapshot
from borvo.dataserver.unit_choice import prepare_units, restore_units
from borvo.identity.public import Admission
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.ids import ClientKey
from borvo.portal.public import Activity
from borvo.storage.database import Connection
from borvo.web.bearer import PresentedToken
from borvo.web.validators import is_known


async def make_snapshot(
    server: DataServer, presented: PresentedToken, query_token: str | None, text: str, body: bytes
) -> bytes:
    """The answer in JSON to the query in the query string `text` or in the body: of the caller's own samples, or with a
    query token of those that people share with her. Nothing is begun, and no token used up, before the caller's turn
    has come."""
    admission = await server.verify(presented)
    async with server.making.take(admission.token.subject):
        try:
            if query_token is not None:
                return await make_shared_snapshot(server, admission, query_token, text, body)
            return await _make_own(server, admission, text, body)
        except store.MakingHaltedError:
            raise server.making.refuse_all() from None


async def _make_own(server: DataServer, admission: Admission, text: str, body: bytes) -> bytes:
    async with read_as(server, admission) as (connection, reader):
        query = parse_submitted(text, body)
        selection = select_types(query, reader.scopes)
        units, clients = await prepare_units(query), await find_clients(connection, query)
        kept = keep_query(query, units, selection, clients)
        async with server.database.begin(connection):
            return await _make(server, connection, reader, kept)


async def _make(server: DataServer, connection: Connection, reader: Reader, query: StoredQuery) -> bytes:
    now, key, token = server.clock(), server.entropy(KEY_BYTES), reader.admission.token
    await store.enter_making(connection, f"{token.client_id} for {reader.person_id}")
    # In her turn, so that whoever was erased meanwhile is known to have gone.
    caller = await reader.admission.confirm(connection)
    check_holding(
        await store.measure_holding(connection, reader.person_id, caller.client_key, now), people=0, now=now
    )
    position, total = await store.count_samples(connection, reader.person_id, query, now)
    snapshot = Snapshot(
        maker_id=reader.person_id,
        client_key=caller.client_key,
        consent_version=token.consent_version,
        person_id=reader.person_id,
        position=position,
        query=query,
        total=total,
        created_at=now,
        expires_at=decide_end(now, server.retention),
    )
    await store.insert_snapshot(connection, digest_key(key), snapshot, now)
    return render_answer(total, snapshot.expires_at, key)


class FetchRequest(NamedTuple):
    """A page that is asked for by the query string `text`. `known` is the If-None-Match."""

    presented: PresentedToken
    query_token: str | None
    text: str
    form: Form
    known: str | None


class Results(NamedTuple):
    """A page, None when the reader has it already, and the entity tag of one of her own samples."""

    body: bytes | None
    tag: str | None = None


async def read_snapshot(server: DataServer, asked: FetchRequest) -> Results:
    """A page of the results. Raises `NotFoundError` alike for keys that are unknown, another's or
    expired, and for those whose consent has been withdrawn since."""
    admission = await server.verify(asked.presented)
    async with server.database.connection() as connection:
        caller = await admission.confirm(connection)
        if asked.query_token is not None:
            raise ForbiddenError("Leave the agency-query-token out: results are fetched by their key alone.")
        request = parse_page(asked.text)
        key = parse_key(request.key)
        if key is None:
            raise refuse_key()
        snapshot = None
        if caller.person_id is not None:
            reader = Reader(admission, caller.person_id, admission.token.known_as)
            snapshot = await store.load_snapshot(
                connection, reader.person_id, digest_key(key), server.clock()
            )
        if snapshot is not None:
            _check_maker(snapshot, reader, caller.client_key)
            return await _read(server, connection, reader, snapshot, request, asked)
    return Results(await read_shared_snapshot(server, admission, digest_key(key), request, asked.form))


def _check_maker(snapshot: Snapshot, reader: Reader, client_key: ClientKey) -> None:
    token = reader.admission.token
    if snapshot.client_key != client_key or snapshot.consent_version != token.consent_version:
        raise refuse_key()
    reader.require("read these samples", snapshot.query.sample_types)


async def _read(
    server: DataServer,
    connection: Connection,
    reader: Reader,
    snapshot: Snapshot,
    request: PageRequest,
    asked: FetchRequest,
) -> Results:
    token = reader.admission.token
    # What is under the key never changes. It is shown by the scopes with which the reader got the tag.
    tag = tag_answer(server, token, f"{asked.form} {asked.text}", snapshot.position)
    if is_known(asked.known, tag):
        return Results(None, tag)
    samples = await store.load_page(connection, snapshot, request.take, request.skip, reader.admission)
    if not samples:
        await reader.admission.confirm(connection)
    # Contract 7: the request fails rather than show a correlation with children missing.
    if missing := policy.find_missing_child_scopes(samples, reader.scopes):
        raise refuse_scopes("read all parts of these samples", missing)
    server.activity.note(token.client_id, Activity.SAMPLES_READ, len(samples))
    query, units = snapshot.query, await restore_units(snapshot.query.units)
    return Results(render_results(asked.form, samples, reader.subject, units, query.fields), tag)
