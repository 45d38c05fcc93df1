"""The two steps of the older query, of what people share with agencies.

The first spends a query token. The second has none: it is for the maker alone, and only while she may do what she
might then, and every consent that the results rest on is of the same version. Whatever is changed ends them.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from borvo.agency.public import Asker, admit_asker, load_grants
from borvo.dataserver.media import Form
from borvo.dataserver.service import DataServer
from borvo.dataserver.shared_reading import SharedPage, check_parts, check_shared, log_page, open_types
from borvo.dataserver.shared_rendering import render_shared
from borvo.dataserver.shared_statements import Opened, Opening, compose_shared_places
from borvo.dataserver.snapshots import shared_store, store
from borvo.dataserver.snapshots.answer import check_holding, refuse_key, render_answer
from borvo.dataserver.snapshots.model import (
    KEY_BYTES,
    Part,
    SharedSnapshot,
    decide_end,
    digest_key,
    keep_frame,
)
from borvo.dataserver.snapshots.parameters import PageRequest, parse_submitted
from borvo.dataserver.unit_choice import prepare_units, restore_units
from borvo.dataserver.visits import Visit, keep_refusals, spend_token
from borvo.identity.public import Admission
from borvo.kernel.errors import ForbiddenError
from borvo.kernel.ids import ClientKey
from borvo.portal.public import Activity
from borvo.storage.database import Connection


async def make_shared_snapshot(
    server: DataServer, admission: Admission, query_token: str, text: str, body: bytes
) -> bytes:
    """The answer in JSON to the query in the query string `text` or in the body. That it was asked is in the log of
    each of the people by then."""
    return await spend_token(
        server.agency, admission, query_token, lambda visit: _make(server, visit, text, body)
    )


async def _make(server: DataServer, visit: Visit, text: str, body: bytes) -> bytes:
    query = check_shared(parse_submitted(text, body))
    units = await prepare_units(query)
    opening = open_types(visit.grants, query.types)
    now, key, asker = server.clock(), server.entropy(KEY_BYTES), visit.asker
    await store.enter_making(visit.connection, f"{asker.client_key} for {asker.agent_id}")
    holding = await shared_store.measure_holding(visit.connection, asker, now)
    check_holding(holding, len({each.subject for each in opening.opened}), now)
    counting = compose_shared_places(query, opening)
    rows = await visit.connection.fetch(counting.text, *counting.values)
    snapshot = SharedSnapshot(
        client_key=ClientKey(asker.client_key),
        agent_id=asker.agent_id,
        frame=keep_frame(query, units),
        total=sum(row["found"] for row in rows),
        created_at=now,
        expires_at=decide_end(now, server.retention),
        parts=tuple(_divide(visit, opening, {row["subject"]: row["position"] for row in rows})),
    )
    # What is written before a refusal is kept: not this.
    async with visit.connection.transaction():
        if not await shared_store.insert_snapshot(visit.connection, digest_key(key), snapshot, asker, now):
            raise ForbiddenError("Somebody has just changed what she shares. Ask for a new token.")
    await log_page(visit, opening, query.start, SharedPage((), {}))
    return render_answer(snapshot.total, snapshot.expires_at, key)


def _divide(visit: Visit, opening: Opening, positions: Mapping[UUID, int]) -> Iterator[Part]:
    """Of whom nothing is asked that she shares, there is no part."""
    asked: dict[UUID, list[Opened]] = {}
    readable: dict[UUID, list[int]] = {}
    for each in opening.opened:
        asked.setdefault(each.subject, []).append(each)
    for subject, code in opening.readable:
        readable.setdefault(subject, []).append(code)
    for grant in visit.grants:
        if opened := asked.get(grant.subject):
            yield Part(
                person_id=grant.person_id,
                subject=grant.subject,
                version=grant.version,
                position=positions[grant.subject],
                since=grant.since,
                codes=[each.code for each in opened],
                guarded=[each.code for each in opened if each.is_guarded],
                readable=readable.get(grant.subject, []),
            )


async def read_shared_snapshot(
    server: DataServer, admission: Admission, digest: bytes, request: PageRequest, form: Form
) -> bytes:
    """A page of the results; it is in the log of each of the people by then. Raises `NotFoundError`
    alike for whatever keeps the caller from it."""
    body, shown = await keep_refusals(
        server.database, lambda connection: _read(server, connection, admission, digest, request, form)
    )
    server.activity.note(admission.token.client_id, Activity.SAMPLES_READ, shown)
    return body


async def _read(
    server: DataServer,
    connection: Connection,
    admission: Admission,
    digest: bytes,
    request: PageRequest,
    form: Form,
) -> tuple[bytes, int]:
    now = server.clock()
    asker = await _find_asker(connection, admission)
    snapshot = await shared_store.hold_snapshot(connection, digest, asker, now)
    if snapshot is None:
        raise refuse_key()
    versions = {each.subject: each.version for each in snapshot.parts}
    grants = await load_grants(server.agency, connection, asker, versions)
    if grants is None:
        raise refuse_key()
    asking = shared_store.Asking(digest, request.take, request.skip, admission, asker, now)
    samples = await shared_store.load_page(connection, snapshot, asking)
    if samples is None:
        raise refuse_key()
    visit, opening = Visit(server.agency, connection, asker, grants), _reopen(snapshot)
    page, wanted = SharedPage(tuple(samples), {}), snapshot.frame.start
    await check_parts(visit, opening, wanted, page)
    await log_page(visit, opening, wanted, page)
    units = await restore_units(snapshot.frame.units)
    return render_shared(form, page.samples, units, snapshot.frame.fields), len(page.samples)


async def _find_asker(connection: Connection, admission: Admission) -> Asker:
    try:
        return await admit_asker(connection, admission)
    except ForbiddenError:
        raise refuse_key() from None


def _reopen(snapshot: SharedSnapshot) -> Opening:
    opened = [
        Opened(part.person_id, part.subject, code, part.since, code in part.guarded)
        for part in snapshot.parts
        for code in part.codes
    ]
    return Opening(opened, [(part.subject, code) for part in snapshot.parts for code in part.readable])
