"""Statistics of one person's samples."""

from borvo.dataserver.aggregation.answer import render_aggregate
from borvo.dataserver.aggregation.bounds import list_bounds
from borvo.dataserver.aggregation.model import list_needed_types
from borvo.dataserver.aggregation.parameters import parse_aggregate
from borvo.dataserver.aggregation.store import load_aggregate
from borvo.dataserver.reader import admit_reader
from borvo.dataserver.service import DataServer
from borvo.kernel.errors import InvalidInputError


async def aggregate_samples(
    server: DataServer, authorization: str | None, query_token: str | None, text: str
) -> bytes:
    """The answer in JSON to the query string `text`."""
    async with admit_reader(server, authorization, query_token) as (connection, reader):
        query = parse_aggregate(text)
        reader.require("read these samples", list_needed_types(query.sample_type))
        bounds = list_bounds(query.bucket, query.zone, query.lower, query.upper)
        try:
            aggregate = await load_aggregate(connection, reader.person_id, query, bounds, reader.admission)
        except TimeoutError:
            raise InvalidInputError(
                "This took too long to work out. Ask for fewer days at once, or for larger buckets."
            ) from None
    return render_aggregate(query, bounds, aggregate)
