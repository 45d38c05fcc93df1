"""All pages of this feature."""

from litestar import Router

from borvo.agency import agent_pages, pages, reminder_pages, sharing_pages
from borvo.web.pages import PAGE_OPT


def build_page_router() -> Router:
    """`assembly` provides `agency`, `viewer` and `login`."""
    handlers = [
        *pages.HANDLERS,
        *reminder_pages.HANDLERS,
        *sharing_pages.HANDLERS,
        *agent_pages.HANDLERS,
    ]
    return Router(path="/", route_handlers=handlers, opt={PAGE_OPT: True}, include_in_schema=False)
