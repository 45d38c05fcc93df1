"""The router of the support console."""

from litestar import Router
from litestar.di import Provide

from borvo.kernel.text import say
from borvo.support import event_pages, organisation_pages, outbox_pages, person_pages, tenancy_pages
from borvo.support.door import HOME, provide_supporter
from borvo.web.pages import HOME_OPT, PAGE_OPT


def build_router() -> Router:
    """All pages of the console; `assembly` provides the features. Every handler takes a `supporter`."""
    return Router(
        path=HOME,
        route_handlers=[
            *person_pages.HANDLERS,
            *event_pages.HANDLERS,
            *tenancy_pages.HANDLERS,
            *organisation_pages.HANDLERS,
            *outbox_pages.HANDLERS,
        ],
        dependencies={"supporter": Provide(provide_supporter)},
        opt={PAGE_OPT: True, HOME_OPT: ("/account", say("Go to your account"))},
        include_in_schema=False,
    )
