"""What readers get: a page as one JSON document, or samples as lines and as a table."""

from collections.abc import AsyncIterator, Iterator

import msgspec

from borvo.dataserver.bodies import PageAnswer, describe_samples
from borvo.dataserver.media import Form
from borvo.dataserver.members import pick_members
from borvo.dataserver.model import Page
from borvo.dataserver.reading import Found
from borvo.dataserver.tabular import render_head, render_rows
from borvo.dataserver.written_rows import WrittenPage, describe_rows

_encoder = msgspec.json.Encoder()


def render_page(found: Found, page: WrittenPage) -> bytes:
    """Contract 2.2."""
    datas = describe_rows(page, found.subject, found.units)
    if found.query.fields:
        picked = [pick_members(each, found.query.fields) for each in datas]
        return _encoder.encode({"totalAvailable": page.total, "count": len(picked), "datas": picked})
    return _encoder.encode(PageAnswer(page.total, len(datas), datas))


async def render_stream(form: Form, found: Found, pages: AsyncIterator[Page]) -> AsyncIterator[bytes]:
    """A piece a page."""
    if form is Form.TABLE:
        yield render_head()
    async for page in pages:
        if form is Form.TABLE:
            yield render_rows(page.samples, found.units)
        elif page.samples:
            yield _encoder.encode_lines([*_list_lines(found, page)])


def _list_lines(found: Found, page: Page) -> Iterator[object]:
    for each in describe_samples(page.samples, found.subject, found.units):
        yield pick_members(each, found.query.fields) if found.query.fields else each
