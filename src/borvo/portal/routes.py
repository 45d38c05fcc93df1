"""Where the pages of the portal are."""

from litestar import Router

from borvo.portal import (
    guidance_pages,
    lifecycle_pages,
    logo_pages,
    pages,
    secret_pages,
    suffix_pages,
    transfer_pages,
)
from borvo.web.pages import PAGE_OPT


def build_router() -> Router:
    """All pages of this feature; `assembly` provides `portal` and `login`."""
    return Router(
        path="/portal",
        route_handlers=[
            pages.show_client,
            pages.show_new_client,
            pages.show_portal,
            secret_pages.show_removal,
            secret_pages.show_secrets,
            secret_pages.submit_chosen_secret,
            pages.submit_client,
            secret_pages.submit_generation,
            pages.submit_new_client,
            secret_pages.submit_removal,
            suffix_pages.tell_suffix,
            *guidance_pages.HANDLERS,
            *lifecycle_pages.HANDLERS,
            *logo_pages.HANDLERS,
            *transfer_pages.HANDLERS,
        ],
        opt={PAGE_OPT: True},
        include_in_schema=False,
    )
