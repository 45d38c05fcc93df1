"""Statistics of one person's samples: of the caller's own, or of what somebody shares with an agency."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from msgspec import structs

from borvo.agency.public import ReadGrant, ReadNote, record_reads
from borvo.dataserver import policy
from borvo.dataserver.aggregation.answer import render_aggregate
from borvo.dataserver.aggregation.bounds import list_bounds
from borvo.dataserver.aggregation.model import (
    Aggregate,
    AggregateQuery,
    Function,
    Share,
    list_needed_types,
)
from borvo.dataserver.aggregation.parameters import parse_aggregate
from borvo.dataserver.aggregation.store import load_aggregate
from borvo.dataserver.reader import read_as
from borvo.dataserver.service import DataServer
from borvo.dataserver.units import Conversion, UnitError, find_conversion
from borvo.dataserver.visits import Visit, spend_token
from borvo.identity.public import Admission
from borvo.kernel.errors import ForbiddenError, InvalidInputError
from borvo.kernel.ids import PersonId
from borvo.storage.database import Connection
from borvo.web.bearer import PresentedToken


class _Work(NamedTuple):
    """A request that was understood."""

    query: AggregateQuery
    bounds: list[datetime]
    conversion: Conversion | None

    async def load(
        self,
        connection: Connection,
        person_id: PersonId,
        admission: Admission,
        share: Share | None = None,
    ) -> Aggregate:
        try:
            # What is ended by its time limit must not end the transaction around it.
            async with connection.transaction():
                return await load_aggregate(connection, person_id, self.query, self.bounds, admission, share)
        except TimeoutError:
            raise InvalidInputError(
                "This took too long to work out. Ask for fewer days at once, or for larger buckets."
            ) from None


async def aggregate_samples(
    server: DataServer, presented: PresentedToken, query_token: str | None, text: str
) -> bytes:
    """The answer in JSON to the query string `text`. Nothing is begun, and no token used up, before the caller's turn
    has come."""
    admission = await server.verify(presented)
    async with server.turns.take(admission.token.subject):
        if query_token is not None:
            return await spend_token(
                server.agency, admission, query_token, lambda visit: _share(visit, admission, text)
            )
        async with read_as(server, admission) as (connection, reader):
            work = await _understand(text)
            reader.require("read these samples", list_needed_types(work.query.sample_type))
            aggregate = await work.load(connection, reader.person_id, admission)
    return render_aggregate(work.query, work.bounds, aggregate, work.conversion)


async def _understand(text: str) -> _Work:
    query = parse_aggregate(text)
    bounds = list_bounds(query.bucket, query.zone, query.lower, query.upper)
    # The units' library takes its time, the first time most of a second.
    conversion = await asyncio.to_thread(_find_conversion, query) if query.unit else None
    return _Work(query, bounds, conversion)


def _find_conversion(query: AggregateQuery) -> Conversion:
    """As on other addresses, the unit may come with the type."""
    code = (query.unit or "").removeprefix(f"{query.sample_type.name}:")
    try:
        return find_conversion(query.sample_type, code)
    except UnitError as error:
        raise InvalidInputError("The unit does not fit: see errors.", {"unit": [str(error)]}) from None


async def _share(visit: Visit, admission: Admission, text: str) -> bytes:
    work = await _understand(text)
    grant = _choose_person(visit)
    query = work.query
    if missing := policy.find_missing_read_scopes(list_needed_types(query.sample_type), grant.scopes):
        raise ForbiddenError(f"This person does not share what needs {' '.join(missing)} with you.")
    share = Share(grant.since, policy.select_readable(grant.scopes).readable)
    # How many samples were looked at is in her log, whether it was asked or not.
    functions = tuple(dict.fromkeys((*query.functions, Function.COUNT)))
    counting = work._replace(query=structs.replace(query, functions=functions))
    try:
        aggregate = await counting.load(visit.connection, grant.person_id, admission, share)
    except InvalidInputError:
        # That it took too long tells something of what is stored.
        await _log(visit, grant, query, 0, is_refused=True)
        raise
    await _log(visit, grant, query, aggregate.samples)
    return render_aggregate(query, work.bounds, aggregate, work.conversion, str(grant.subject))


async def _log(
    visit: Visit, grant: ReadGrant, query: AggregateQuery, samples: int, *, is_refused: bool = False
) -> None:
    period_from = max(filter(None, (grant.since, query.lower)))
    note = ReadNote((query.sample_type.name,), period_from, query.upper, samples)
    await record_reads(visit.agency, visit.connection, visit.asker, [(grant, note)], is_refused=is_refused)


def _choose_person(visit: Visit) -> ReadGrant:
    if len(visit.grants) != 1:
        message = "Statistics are of one person: send a token for one subject."
        raise InvalidInputError(message, {"agency-query-token": [message]})
    return visit.grants[0]
